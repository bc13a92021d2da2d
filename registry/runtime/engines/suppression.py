"""Class-wise non-maximum suppression in NumPy, box for box what torchvision's does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from registry.runtime.engines.base import DetectorOutput

Boxes = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SuppressionRule:
    """Which of a detector's candidates are handed out.

    Attributes:
        score_floor: candidates at or below it are not looked at.
        nms_overlap: intersection over union above which, of two boxes of one label, only the better one stays.
        most_boxes: of all labels together.
    """

    score_floor: float
    nms_overlap: float
    most_boxes: int


def suppress(
    boxes: Boxes, scores: NDArray[np.float32], labels: NDArray[np.int64], rule: SuppressionRule
) -> DetectorOutput:
    """One image's candidates -> what the detector says: boxes float32 (k, 4), scores (k,), 0-based labels (k,)."""
    looked_at = scores > rule.score_floor
    boxes, scores, labels = boxes[looked_at], scores[looked_at], labels[looked_at]
    kept = best_of_overlapping(boxes, scores, labels, overlap=rule.nms_overlap, most=rule.most_boxes)
    return DetectorOutput(boxes=boxes[kept], labels=labels[kept].astype(np.int64), scores=scores[kept])


def best_of_overlapping(
    boxes: Boxes, scores: NDArray[np.float32], labels: NDArray[np.int64], *, overlap: float, most: int
) -> NDArray[np.intp]:
    """Indices of the boxes that no better box of their label overlaps too much, best first, at most `most`.

    One pass over those still waiting for every box that is kept.
    """
    order = np.argsort(-scores, kind="stable")
    left, top, right, bottom = boxes[order].T
    own = np.stack([left, top, right, bottom, (right - left) * (bottom - top), labels[order], np.arange(len(order))])
    waiting, kept = own.astype(np.float32), list[int]()
    while waiting.shape[1] and len(kept) < most:
        best, waiting = waiting[:, 0], waiting[:, 1:]
        kept.append(int(best[6]))
        beaten = (_overlaps(best, waiting) > np.float64(overlap)) & (waiting[5] == best[5])
        waiting = waiting[:, ~beaten]
    return order[kept]


def _overlaps(one: Boxes, others: Boxes) -> NDArray[np.float32]:
    """Intersection over union of a box with others (k,), rounded as torchvision rounds; of two empty boxes no number,
    which is above no threshold. Rows: left, top, right, bottom, area, and what is not looked at here."""
    width = np.minimum(one[2], others[2]) - np.maximum(one[0], others[0])
    height = np.minimum(one[3], others[3]) - np.maximum(one[1], others[1])
    shared = np.maximum(width, np.float32(0)) * np.maximum(height, np.float32(0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(shared / (one[4] + others[4] - shared))
