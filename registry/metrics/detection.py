"""Metrics of boxes against drawn boxes. Boxes are float (n, 4) arrays of (left, top, right, bottom)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from registry.metrics.classification import average_precision
from registry.metrics.errors import SampleUnusable

Boxes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FrameDetections:
    """Predicted and drawn boxes of one frame and one label."""

    boxes: Boxes
    scores: NDArray[np.float64]
    drawn: Boxes


def intersection_over_union(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """(n, m) overlaps of (n, 4) and (m, 4) boxes, 0 where both are empty."""
    first, second = np.reshape(first, (-1, 4)), np.reshape(second, (-1, 4))
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = _areas(first)[:, None] + _areas(second)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def match_findings(frame: FrameDetections, *, overlap: float) -> NDArray[np.int64]:
    """For every prediction the drawn box it finds, or -1; best score first, each drawn box found once.

    Source: PASCAL VOC development kit, section 4.4: the best free overlap at or above `overlap`.
    """
    matched = np.full(len(frame.scores), -1, dtype=np.int64)
    overlaps = intersection_over_union(frame.boxes, frame.drawn)
    free = np.ones(len(np.reshape(frame.drawn, (-1, 4))), bool)
    for index in np.argsort(-frame.scores, kind="stable"):
        candidates = np.where(free, overlaps[index], -1.0)
        if candidates.size and candidates.max() >= overlap:
            matched[index] = int(candidates.argmax())
            free[matched[index]] = False
    return matched


def detection_average_precision(frames: Sequence[FrameDetections], *, overlap: float = 0.5) -> float:
    """Average precision over all frames; drawn boxes that nothing finds lower the recall.

    Raises:
        SampleUnusable: no drawn box.
    """
    drawn = sum(len(np.reshape(frame.drawn, (-1, 4))) for frame in frames)
    if not drawn:
        raise SampleUnusable
    hits = np.concatenate([match_findings(frame, overlap=overlap) >= 0 for frame in frames])
    if not hits.any():
        return 0.0
    scores = np.concatenate([frame.scores for frame in frames])
    return average_precision(hits, scores) * float(hits.sum()) / drawn


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
        found = match_findings(FrameDetections(frame.boxes[kept], frame.scores[kept], frame.drawn), overlap=overlap)
        hits += int((found >= 0).sum())
        false += int((found < 0).sum())
    return hits / drawn, false / len(frames)


def threshold_for_false_positives(
    frames: Sequence[FrameDetections], *, per_frame: float, overlap: float = 0.5
) -> float:
    """The lowest observed score that keeps the false boxes per frame at or below a number.

    Raises:
        SampleUnusable: no prediction at all.
    """
    missed = [frame.scores[match_findings(frame, overlap=overlap) < 0] for frame in frames]
    every = np.concatenate([frame.scores for frame in frames]) if frames else np.array([])
    if not every.size:
        raise SampleUnusable
    false = np.sort(np.concatenate(missed))[::-1]
    allowed = int(per_frame * len(frames))
    if allowed >= len(false):
        return float(every.min())
    above = every[every > false[allowed]]
    return float(above.min()) if above.size else float(np.nextafter(every.max(), np.inf))


def _areas(boxes: Boxes) -> NDArray[np.float64]:
    return np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
