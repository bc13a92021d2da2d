"""The words of a report. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from feedback.diff import diff_words, tooth_words
from feedback.reports.values import FindingLine
from feedback.vocabulary import REASONS, grades_for, plain
from imaging.pipeline.values import BoundingBox

SIDES = {"R": "right", "L": "left", "B": "both sides"}
_REASONS = {reason.code: reason.words for reason in REASONS}


def moment(at: datetime | None) -> str:
    """ "22 November 2026, 08:40 UTC"; "" for never."""
    return "" if at is None else f"{at.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def day(dicom_date: str) -> str:
    """DICOM's DA ("20261122") as "22 November 2026"; what is no date stays as it is."""
    try:
        return f"{datetime.strptime(dicom_date, '%Y%m%d'):%-d %B %Y}"  # noqa: DTZ007 - a date has no time zone
    except ValueError:
        return dicom_date


def probability(value: float) -> str:
    """.91 as radiologists write it; never 1 or 0 for what is neither."""
    text = f"{value:.2f}"
    if value > 0 and text == "0.00":
        return "<.01"
    return ">.99" if value < 1 and text == "1.00" else text.removeprefix("0") if value < 1 else text


def extent_words(box: BoundingBox | None, spacing: Sequence[float] | None) -> str:
    """Width by height of a box.

    Args:
        spacing: (between rows, between columns) in mm, PS3.3 10.7.1.3; None: the file does not say, pixels only.
    """
    if box is None:
        return ""
    pixels = f"{box.width:.0f} × {box.height:.0f} px"
    if not spacing:
        return pixels
    return f"{box.width * spacing[1]:.1f} × {box.height * spacing[0]:.1f} mm ({pixels})"


def detail_words(*, label: str, laterality: str, tooth: int | None, grade: str) -> list[str]:
    """Side, tooth and grade as stated; nothing for what was not."""
    scale = {step.code: f"{step.code}, {step.words}" for step in grades_for(label)}
    words = [SIDES.get(laterality, laterality), tooth_words(tooth) if tooth else "", scale.get(grade, grade)]
    return [word for word in words if word]


def verdict_words(verdict: str, *, diff: Sequence[dict[str, Any]], details: Sequence[str], reason_code: str) -> str:
    """The reader's word on a finding, in a line: "corrected: label effusion → mass; left; reason: wrong label"."""
    if not verdict:
        return "no verdict"
    goes_without_saying = ("not there", "added", "label ") if verdict == "added" else ("not there",)
    changes = [line for line in diff_words(diff) if not line.startswith(goes_without_saying)]
    named = [detail for detail in details if not any(detail in change for change in changes)]
    reason = [f"reason: {_REASONS.get(reason_code, reason_code)}"] if reason_code else []
    rest = "; ".join([*changes, *named, *reason])
    return f"{verdict}: {rest}" if rest else verdict


def outcome_words(lines: Iterable[FindingLine], *, signed: bool, analysed: bool) -> str:
    """What a read comes to.

    A positive finding that the reader gave no verdict is neither there nor not there: it is said so.
    """
    lines = tuple(lines)
    standing = list(dict.fromkeys(plain(line.label) for line in lines if line.stands))
    open_ones = sum(1 for line in lines if not line.verdict)
    left = f" {_count(open_ones, 'positive finding')} of the models without a verdict." if open_ones else ""
    if standing:
        return f"Abnormal: {', '.join(standing)}.{left}"
    if not signed:
        return f"No finding so far.{left}"
    if open_ones:
        return f"No finding stated.{left}"
    agreed = "" if lines or not analysed else " No model put a finding above its operating point."
    return f"No finding stands.{agreed}"


def tally(verdicts: Iterable[str]) -> str:
    """ "2 confirmed, 1 rejected"."""
    counted = list(verdicts)
    order = ("confirmed", "corrected", "rejected", "added")
    parts = [f"{counted.count(name)} {name}" for name in order if name in counted]
    return ", ".join(parts) or "no finding"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
