"""A predicted finding as columns of a row, and back."""

from typing import Any

from imaging.models import Finding
from imaging.pipeline.values import BoundingBox, Point, PredictedFinding


def finding_columns(finding: PredictedFinding) -> dict[str, Any]:
    """What a row says of a finding, but for where it belongs, its versions and its map."""
    box, peak, second = finding.box, finding.peak, finding.second
    return {
        "label": finding.label,
        "source": finding.source,
        "score": finding.score,
        "probability": finding.probability,
        "operating_point": finding.operating_point,
        "positive": finding.positive,
        "left": box.left if box else None,
        "top": box.top if box else None,
        "right": box.right if box else None,
        "bottom": box.bottom if box else None,
        "peak_x": peak.x if peak else None,
        "peak_y": peak.y if peak else None,
        "border_energy": finding.border_energy,
        "marker_energy": finding.marker_energy,
        "support": finding.support,
        "agreement": finding.agreement,
        "second_probability": second.probability if second else None,
        "second_operating_point": second.operating_point if second else None,
        "second_positive": second.positive if second else None,
    }


def box_of(row: Finding) -> BoundingBox | None:
    """The row's box, None when it has none."""
    if row.left is None or row.top is None or row.right is None or row.bottom is None:
        return None
    return BoundingBox(row.left, row.top, row.right, row.bottom)


def peak_of(row: Finding) -> Point | None:
    """Where the row's map peaks, None without a map that speaks for the label."""
    return None if row.peak_x is None or row.peak_y is None else Point(row.peak_x, row.peak_y)
