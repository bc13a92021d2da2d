"""A square larger than what a detector's network takes, looked at in overlapping windows, and the boxes put together.

Small lesions need pixels: every window is seen at the square's own resolution, the whole square reduced, for context.
Training and evaluation call detect_tiled as well: what is measured is what serves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.values import SourceMap
from registry.runtime.engines.base import DetectorOutput, Engine
from registry.runtime.engines.suppression import best_of_overlapping
from registry.runtime.values import ModelSpec, TileSpec

CUT_MARGIN = 2.0  # a box this near to a window's inner edge, in pixels of the square, was cut by it
CUT_SHARE = 0.5  # of the smaller box that another must cover to be the same lesion

Boxes = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the square, in its pixels: `extent` wide and high; the network sees it resized to `side`."""

    left: int
    top: int
    extent: int
    side: int

    @property
    def scale(self) -> float:
        """Pixels of the square per pixel that the network sees; 1 but for the pass over the whole square."""
        return self.extent / self.side


def windows(source: SourceMap, size: int, tiles: TileSpec | None) -> list[Window]:
    """What the network is given of a square of `size` pixels: windows in rows, then, if wanted, the square as a whole.

    Windows are `side - overlap` apart, the last one flush with the edge; one wholly in the padding is left out. Without
    tiles, and for a square that one window holds, the only window is the square.

    Args:
        source: where the frame lies inside the square.
    """
    if tiles is None or size <= tiles.side:
        return [Window(0, 0, size, size)]
    starts = _starts(size, tiles)
    across = [start for start in starts if _shows(start, tiles.side, source.offset_x, source.content_width)]
    down = [start for start in starts if _shows(start, tiles.side, source.offset_y, source.content_height)]
    cuts = [Window(left, top, tiles.side, tiles.side) for top in down for left in across]
    return [*cuts, *([Window(0, 0, size, tiles.side)] if tiles.whole else [])]


def cut(array: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """float32 (channels, size, size) -> (channels, side, side): the window as the network sees it."""
    rows = slice(window.top, window.top + window.extent)
    part = array[:, rows, window.left : window.left + window.extent]
    if window.extent == window.side:
        return part
    shape = (window.side, window.side)
    return np.stack([cv2.resize(channel, shape, interpolation=cv2.INTER_AREA) for channel in part])


def merge(
    outputs: Sequence[DetectorOutput], seen: Sequence[Window], *, size: int, overlap: float, most: int
) -> DetectorOutput:
    """What the windows' boxes say of the square: in its pixels, every lesion once, best first.

    A box that an inner edge of its window cuts gives way to one of the same label from another window that overlaps it
    by at least half of the smaller, uncut ones and larger ones first: of two halves of a lesion one always stays.

    Args:
        outputs: one a window.
        seen: the windows, in the same order.
        size: side of the square, pixels.
        overlap: intersection over union above which, of two boxes of one label, only the better one stays.
        most: boxes that are kept at most.
    """
    if len(seen) == 1 and seen[0].extent == size:
        return outputs[0]
    placed = [_placed(output.boxes, window) for output, window in zip(outputs, seen, strict=True)]
    cuts = [_is_cut(boxes, window, size) for boxes, window in zip(placed, seen, strict=True)]
    boxes = np.concatenate(placed)
    labels = np.concatenate([output.labels for output in outputs])
    scores = np.concatenate([output.scores for output in outputs])
    origin = np.repeat(np.arange(len(seen)), [len(part) for part in placed])
    whole = _without_cut_doubles(boxes, labels, origin=origin, is_cut=np.concatenate(cuts))
    boxes, labels, scores = boxes[whole], labels[whole], scores[whole]
    best = best_of_overlapping(boxes, scores, labels, overlap=overlap, most=most)
    return DetectorOutput(boxes=boxes[best], labels=labels[best], scores=scores[best])


def detect_tiled(engine: Engine, array: NDArray[np.float32], spec: ModelSpec, source: SourceMap) -> DetectorOutput:
    """One frame through a detector, all of its windows in one batch.

    Args:
        array: float32 (3, size, size), the preprocessed square of the version's input.
        source: its map back to the frame.
    Returns:
        boxes in pixels of the square.
    """
    seen = windows(source, spec.input.size, spec.input.tiles)
    outputs = engine.detect(np.stack([cut(array, window) for window in seen]))
    options = spec.architecture_options
    if len(seen) == 1:
        return outputs[0]
    overlap, most = float(options["nms_overlap"]), int(options["most_boxes"])
    return merge(outputs, seen, size=spec.input.size, overlap=overlap, most=most)


def _starts(size: int, tiles: TileSpec) -> list[int]:
    last = size - tiles.side
    return [*range(0, last, tiles.side - tiles.overlap), last]


def _shows(start: int, side: int, offset: float, content: float) -> bool:
    """Whether a window from `start` on has a pixel of the frame, along one axis."""
    return start < offset + content and start + side > offset


def _placed(boxes: Boxes, window: Window) -> Boxes:
    """Boxes in pixels that the network saw -> pixels of the square."""
    corner = np.array([window.left, window.top] * 2, np.float32)
    return np.reshape(boxes, (-1, 4)) * np.float32(window.scale) + corner


def _is_cut(boxes: Boxes, window: Window, size: int) -> NDArray[np.bool_]:
    """Which boxes end at an edge of their window that is not one of the square."""
    right, bottom = window.left + window.extent, window.top + window.extent
    touching = np.stack(
        [
            (boxes[:, 0] <= window.left + CUT_MARGIN) & (window.left > 0),
            (boxes[:, 1] <= window.top + CUT_MARGIN) & (window.top > 0),
            (boxes[:, 2] >= right - CUT_MARGIN) & (right < size),
            (boxes[:, 3] >= bottom - CUT_MARGIN) & (bottom < size),
        ]
    )
    return np.asarray(touching.any(axis=0))


def _without_cut_doubles(
    boxes: Boxes, labels: NDArray[np.int64], *, origin: NDArray[np.intp], is_cut: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which boxes stay. Only one that stays can displace another, so that no lesion loses all of its boxes."""
    areas, shared = _overlaps(boxes)
    covered = shared >= CUT_SHARE * np.minimum(areas[:, None], areas[None])
    rivals = covered & (labels[:, None] == labels[None]) & (origin[:, None] != origin[None])
    stays = ~is_cut
    for index in np.argsort(-areas, kind="stable"):
        if is_cut[index]:
            stays[index] = not (rivals[index] & stays).any()
    return stays


def _overlaps(boxes: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas (n,), and what each two have in common (n, n)."""
    exact = boxes.astype(np.float64)
    low = np.maximum(exact[:, None, :2], exact[None, :, :2])
    high = np.minimum(exact[:, None, 2:], exact[None, :, 2:])
    return (exact[:, 2:] - exact[:, :2]).prod(axis=1), np.clip(high - low, 0.0, None).prod(axis=2)
