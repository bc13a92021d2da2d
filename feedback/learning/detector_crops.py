"""A random crop of an input for a detector: drawn boxes that it shows, and what it must not be told about."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback.learning.inputs import TrainingInput
from imaging.pipeline.tiles import Window, cut
from imaging.pipeline.values import BoundingBox

IGNORED = "ignore"  # label of a region that says nothing about any finding
AROUND_BOXES = 0.7  # share of the crops of a film with boxes that hold one of them whole
IN_VIEW = 0.6  # a drawn box with less of its area in the crop is neither a box nor background
STEP = 8  # corners lie on this grid, px
Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class DetectorSample:
    """What a detector is trained on at a time.

    Attributes:
        array: float32 (3, side, side).
        boxes: (label, corners in its pixels). ignored: corners of regions that say nothing.
    """

    array: NDArray[np.float32]
    boxes: tuple[tuple[str, Corners], ...]
    ignored: tuple[Corners, ...]


def crop_sample(
    entry: TrainingInput,
    labels: tuple[str, ...],
    side: int,
    generator: np.random.Generator,
    *,
    whole_share: float = 0.0,
) -> DetectorSample:
    """A crop of `side` px of a square input; about one of its boxes for AROUND_BOXES of the inputs that have one.

    Args:
        side: 0 or the input's own side gives the whole input.
        whole_share: share of the samples that are the whole input reduced to `side` instead, for a network that will be
            given windows and the whole.
    """
    whole = entry.array.shape[-1]
    side = side or whole
    if whole_share and generator.random() < whole_share:
        entry = reduced(entry, side)
    left, top = _corner(entry, labels, side, generator)
    boxes, ignored = [], []
    for name, box in entry.boxes:
        seen, share = _in_view(box, left, top, side)
        if seen is None or name not in (*labels, IGNORED):
            continue
        if name == IGNORED or share < IN_VIEW:
            ignored.append(seen)
        else:
            boxes.append((name, seen))
    array = entry.array[:, top : top + side, left : left + side]
    return DetectorSample(np.ascontiguousarray(array), tuple(boxes), tuple(ignored))


def reduced(entry: TrainingInput, side: int) -> TrainingInput:
    """The whole input and its boxes at `side` px, as the pass over the whole square sees it."""
    whole = entry.array.shape[-1]
    scale = side / whole
    boxes = tuple(
        (name, BoundingBox(box.left * scale, box.top * scale, box.right * scale, box.bottom * scale))
        for name, box in entry.boxes
    )
    array = cut(entry.array, Window(0, 0, whole, side))
    return TrainingInput(array, boxes, entry.source)


def _corner(
    entry: TrainingInput, labels: tuple[str, ...], side: int, generator: np.random.Generator
) -> tuple[int, int]:
    """(left, top) of the crop."""
    room = entry.array.shape[-1] - side
    own = [box for name, box in entry.boxes if name in labels]
    left, top = (int(value) for value in generator.integers(0, room + 1, size=2))
    if own and generator.random() < AROUND_BOXES:
        box = own[int(generator.integers(len(own)))]
        left = _holding(box.left, box.right, side, generator)
        top = _holding(box.top, box.bottom, side, generator)
    left, top = (int(np.clip(value, 0, room)) // STEP * STEP for value in (left, top))
    return left, top


def _holding(first: float, last: float, side: int, generator: np.random.Generator) -> int:
    """A start from which `side` pixels hold the span, or its middle where it is longer."""
    low, high = last - side, first
    if low >= high:
        return round((first + last - side) / 2)
    return round(generator.uniform(low, high))


def _in_view(box: BoundingBox, left: int, top: int, side: int) -> tuple[Corners | None, float]:
    """The part of a box that the crop shows, in its pixels, and its share of the box's area; None when under 1 px."""
    x0, x1 = max(box.left - left, 0.0), min(box.right - left, float(side))
    y0, y1 = max(box.top - top, 0.0), min(box.bottom - top, float(side))
    if x1 - x0 < 1 or y1 - y0 < 1:
        return None, 0.0
    return (x0, y0, x1, y1), (x1 - x0) * (y1 - y0) / (box.width * box.height)
