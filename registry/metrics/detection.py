"""Metrics of boxes against drawn boxes. Boxes are float (n, 4) arrays of (left, top, right, bottom)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from registry.metrics.classification import average_precision
from registry.metrics.errors import SampleUnusable

Boxes = NDArray[np.float64]

FALSE, NEITHER = -1, -2  # of a prediction that finds no drawn box: a false one, or one that an ignored region excuses


@dataclass(frozen=True, slots=True)
class FrameDetections:
    """Predicted and drawn boxes of one frame and one label.

    Attributes:
        ignored: regions in which a prediction that finds nothing is neither right nor wrong.
    """

    boxes: Boxes
    scores: NDArray[np.float64]
    drawn: Boxes
    ignored: Boxes = field(default_factory=lambda: np.zeros((0, 4)))


def intersection_over_union(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """(n, m) overlaps of (n, 4) and (m, 4) boxes, 0 where both are empty."""
    first, second = np.reshape(first, (-1, 4)), np.reshape(second, (-1, 4))
    shared = _shared(first, second)
    union = _areas(first)[:, None] + _areas(second)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def share_inside(boxes: Boxes, regions: Boxes) -> NDArray[np.float64]:
    """(n, m) share of the area of (n, 4) boxes that lies in (m, 4) regions, 0 for an empty box."""
    boxes, regions = np.reshape(boxes, (-1, 4)), np.reshape(regions, (-1, 4))
    areas = np.broadcast_to(_areas(boxes)[:, None], (len(boxes), len(regions)))
    return np.divide(_shared(boxes, regions), areas, out=np.zeros(areas.shape), where=areas > 0)


def match_findings(frame: FrameDetections, *, overlap: float) -> NDArray[np.int64]:
    """For every prediction the drawn box it finds, FALSE or NEITHER; best score first, each drawn box found once.

    The best free overlap at or above `overlap`, of equal ones the last. What finds nothing and has a share of at least
    `overlap` of its own area in an ignored region counts as NEITHER.
    Source: COCO's evaluateImg, with the ignored regions as its crowds; the tests compare with pycocotools.
    """
    matched = np.full(len(frame.scores), FALSE, dtype=np.int64)
    overlaps = intersection_over_union(frame.boxes, frame.drawn)
    free = np.ones(overlaps.shape[1], bool)
    near = overlaps.max(axis=1, initial=0.0) >= overlap
    for index in np.argsort(-frame.scores, kind="stable"):
        if not near[index]:
            continue
        candidates = np.where(free, overlaps[index], -1.0)
        if candidates.max() >= overlap:
            matched[index] = int(np.flatnonzero(candidates == candidates.max())[-1])
            free[matched[index]] = False
    excused = share_inside(frame.boxes, frame.ignored).max(axis=1, initial=0.0) >= overlap
    matched[(matched == FALSE) & excused] = NEITHER
    return matched


def detection_average_precision(frames: Sequence[FrameDetections], *, overlap: float = 0.5) -> float:
    """Average precision over all frames; drawn boxes that nothing finds lower the recall.

    Raises:
        SampleUnusable: no drawn box.
    """
    drawn = sum(len(np.reshape(frame.drawn, (-1, 4))) for frame in frames)
    if not drawn:
        raise SampleUnusable
    found = np.concatenate([match_findings(frame, overlap=overlap) for frame in frames])
    hits, counted = found >= 0, found != NEITHER
    if not hits.any():
        return 0.0
    scores = np.concatenate([frame.scores for frame in frames])
    return average_precision(hits[counted], scores[counted]) * float(hits.sum()) / drawn


def froc(frames: Sequence[FrameDetections], *, threshold: float, overlap: float = 0.5) -> tuple[float, float]:
    """(share of drawn boxes found, false boxes per frame) of the predictions at or above a score.

    Raises:
        SampleUnusable: no frame, or no drawn box.
    """
    drawn = sum(len(np.reshape(frame.drawn, (-1, 4))) for frame in frames)
    if not drawn:
        raise SampleUnusable
    hits = false = 0
    for frame in frames:
        kept = frame.scores >= threshold
        confident = FrameDetections(frame.boxes[kept], frame.scores[kept], frame.drawn, frame.ignored)
        found = match_findings(confident, overlap=overlap)
        hits += int((found >= 0).sum())
        false += int((found == FALSE).sum())
    return hits / drawn, false / len(frames)


def threshold_for_false_positives(
    frames: Sequence[FrameDetections], *, per_frame: float, overlap: float = 0.5
) -> float:
    """The lowest observed score that keeps the false boxes per frame at or below a number.

    Raises:
        SampleUnusable: no prediction at all.
    """
    missed = [frame.scores[match_findings(frame, overlap=overlap) == FALSE] for frame in frames]
    every = np.concatenate([frame.scores for frame in frames]) if frames else np.array([])
    if not every.size:
        raise SampleUnusable
    false = np.sort(np.concatenate(missed))[::-1]
    allowed = int(per_frame * len(frames))
    if allowed >= len(false):
        return float(every.min())
    above = every[every > false[allowed]]
    return float(above.min()) if above.size else float(np.nextafter(every.max(), np.inf))


def _shared(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=2))


def _areas(boxes: Boxes) -> NDArray[np.float64]:
    return np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
