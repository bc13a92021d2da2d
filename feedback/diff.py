"""What a reader's word changes, field by field, against the finding that it is about. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feedback.teeth import universal_of
from feedback.vocabulary import plain
from imaging.pipeline.values import BoundingBox

Change = dict[str, Any]
"""{"field", "from", "to"}: a box is [left, top, right, bottom] in pixels of the stored frame; None is "not said"."""

FIELDS = ("present", "label", "box", "laterality", "tooth", "grade")
_SIDES = {"R": "right", "L": "left", "B": "both sides"}
_MOVED_ONLY = 0.02
"""A box whose sides keep their lengths within 2 % was moved; otherwise it was resized."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one place: label, box (None: the whole frame), DICOM side, FDI tooth, grade; "" and 0: unsaid."""

    label: str
    box: BoundingBox | None = None
    laterality: str = ""
    tooth: int = 0
    grade: str = ""

    def values(self) -> dict[str, Any]:
        box = self.box
        return {
            "label": self.label,
            "box": None if box is None else [box.left, box.top, box.right, box.bottom],
            "laterality": self.laterality or None,
            "tooth": self.tooth or None,
            "grade": self.grade or None,
        }


def diff_between(before: Said, after: Said) -> list[Change]:
    """The fields that differ, in the order of FIELDS."""
    old, new = before.values(), after.values()
    return [{"field": name, "from": old[name], "to": new[name]} for name in old if old[name] != new[name]]


def diff_of_rejection() -> list[Change]:
    """The reader does not see it."""
    return [{"field": "present", "from": True, "to": False}]


def diff_of_addition(said: Said) -> list[Change]:
    """The reader sees what no model said."""
    stated = [{"field": name, "from": None, "to": value} for name, value in said.values().items() if value is not None]
    return [{"field": "present", "from": False, "to": True}, *stated]


def disagrees(diff: Sequence[Change]) -> bool:
    """Whether it contradicts the model. A side, tooth or grade that the model did not give only adds to it."""
    return any(change["field"] in ("present", "label", "box") or change["from"] is not None for change in diff)


def verdict_towards_model(verdict: str, diff: Sequence[Change]) -> str:
    """The verdict, as far as the model is concerned: who only adds a tooth, a side or a grade to it confirms it."""
    return "confirmed" if verdict == "corrected" and diff and not disagrees(diff) else verdict


def diff_words(diff: Sequence[Change]) -> list[str]:
    """A line a change, in the words of the page."""
    present = next((change["to"] for change in diff if change["field"] == "present"), None)
    if present is False:
        return ["not there"]
    words = [_words(change) for change in diff if change["field"] != "present"]
    return ["added", *words] if present else words


def tooth_words(fdi: int) -> str:
    """ "tooth 36 (Universal 19)"."""
    return f"tooth {fdi} (Universal {universal_of(fdi)})"


def _words(change: Change) -> str:
    field, before, after = change["field"], change["from"], change["to"]
    if field == "box":
        return _box_words(before, after)
    say = {"label": plain, "laterality": _SIDES.__getitem__, "tooth": tooth_words, "grade": str}[field]
    name = "" if field == "tooth" else f"{'side' if field == 'laterality' else field} "
    if before is None:
        return f"{name}{say(after)}"
    return f"{name}{say(before)} → {'none' if after is None else say(after)}"


def _box_words(before: Sequence[float] | None, after: Sequence[float] | None) -> str:
    if before is None:
        return "box drawn"
    if after is None:
        return "box taken away"
    width, height = before[2] - before[0], before[3] - before[1]
    wider = abs((after[2] - after[0]) / width - 1) if width else 1.0
    higher = abs((after[3] - after[1]) / height - 1) if height else 1.0
    return "box moved" if max(wider, higher) <= _MOVED_ONLY else "box resized"
