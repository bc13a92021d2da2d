"""Setting a frame right before it is read, and putting what was found back where it lies in the stored frame."""

from dataclasses import replace

import numpy as np

from imaging.pipeline.explain import turned_point
from imaging.pipeline.guard import Correction
from imaging.pipeline.values import BoundingBox, Frame, Point, PredictedFinding


def corrected(frame: Frame, correction: Correction) -> Frame:
    """The frame with the correction applied: black and white exchanged, then turned counter-clockwise."""
    grey = np.float32(1.0) - frame.grey if correction.inverted else frame.grey
    return replace(frame, grey=np.ascontiguousarray(np.rot90(grey, correction.turns)))


def as_stored(finding: PredictedFinding, upright: Frame, correction: Correction) -> PredictedFinding:
    """A finding of the upright frame, placed in the stored one.

    Args:
        upright: what the finding was made on.
        correction: what made it of the stored frame.
    """
    if correction.turns == 0:
        return finding
    back, rows, columns = -correction.turns % 4, upright.rows, upright.columns
    return replace(
        finding,
        box=None if finding.box is None else turned_box(finding.box, back, rows=rows, columns=columns),
        peak=None if finding.peak is None else turned_point(finding.peak, back, rows=rows, columns=columns),
        heatmap=None if finding.heatmap is None else finding.heatmap.turned(back),
    )


def turned_box(box: BoundingBox, turns: int, *, rows: int, columns: int) -> BoundingBox:
    """The box in the frame of (rows, columns) pixels turned by turns * 90 degrees counter-clockwise (np.rot90)."""
    first = turned_point(Point(box.left, box.top), turns, rows=rows, columns=columns)
    second = turned_point(Point(box.right, box.bottom), turns, rows=rows, columns=columns)
    return BoundingBox(
        left=min(first.x, second.x),
        top=min(first.y, second.y),
        right=max(first.x, second.x),
        bottom=max(first.y, second.y),
    )
