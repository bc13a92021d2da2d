"""Who is read next, and why: pure rules, shared by the list, by the hand and by the simulator.

Segments in turn: urgent, past the waiting limit, flagged, what no model judged, the rest; inside each the longest
waiting first. Urgent-first alone makes the longest waits longer (PMC8128725: maximum 890 -> 1293 minutes, 979 with an
upper limit): so the guard sees to it that while urgent studies keep coming, every so many handed out is the one that
has waited longest past its limit. Times are aware datetimes, or any numbers on one scale for a simulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol, TypeVar


class Grade(IntEnum):
    """Where a study stands whatever the time is: the stored half of its place."""

    URGENT = 0
    FLAGGED = 1
    UNJUDGED = 2
    IN_ORDER = 3
    ADMINISTRATIVE = 4
    READ = 5


class Segment(IntEnum):
    """Where it stands now; the first is read first."""

    URGENT = 0
    OVERDUE = 1
    FLAGGED = 2
    UNJUDGED = 3
    IN_ORDER = 4
    ADMINISTRATIVE = 5
    READ = 6


SEGMENT_OF_GRADE: dict[int, Segment] = {
    Grade.URGENT: Segment.URGENT,
    Grade.FLAGGED: Segment.FLAGGED,
    Grade.UNJUDGED: Segment.UNJUDGED,
    Grade.IN_ORDER: Segment.IN_ORDER,
    Grade.ADMINISTRATIVE: Segment.ADMINISTRATIVE,
    Grade.READ: Segment.READ,
}
MOVES_UP = (Grade.FLAGGED, Grade.UNJUDGED, Grade.IN_ORDER)
"""Grades that pass the others of their kind once they have waited past the limit."""

BLIND_GRADES = {Grade.URGENT: Grade.IN_ORDER, Grade.FLAGGED: Grade.IN_ORDER}
"""Where a site that reads blind first keeps what the models raised: the order would give it away."""

ADMINISTRATIVE_CODES = frozenset(
    {
        "blank",
        "colour",
        "cropped",
        "extreme_aspect",
        "few_grey_values",
        "not_a_radiograph",
        "not_finite",
        "orientation_unclear",
        "overexposed",
        "too_small",
        "underexposed",
        "wrong_body_part",
    }
)
"""Refusals that say the image itself cannot be judged. Any other reason leaves the study to a reader: "unfamiliar" and
a missing model say that no machine may judge it, not that no human can."""

Item = TypeVar("Item")


class Waiting(Protocol):
    """What has a place: its grade and when it came."""

    @property
    def grade(self) -> int: ...

    @property
    def received_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a study may wait before it moves up, and how often the guard takes its turn (every K-th, K >= 2)."""

    wait: timedelta
    guard_every: int

    @property
    def wait_seconds(self) -> int:
        return int(self.wait.total_seconds())


def grade_of(*, analysis_state: str, analysis_reason: str, triage_class: str, signed: bool) -> Grade:
    """The grade of a study.

    A triage class counts whatever else went wrong: a study of which one image was flagged and another failed is read.
    """
    if signed:
        return Grade.READ
    if triage_class in ("urgent", "flagged"):
        return Grade.URGENT if triage_class == "urgent" else Grade.FLAGGED
    if is_administrative(analysis_state, analysis_reason) and not triage_class:
        return Grade.ADMINISTRATIVE
    if analysis_state in ("not_analysed", "cancelled", "needs_human"):
        return Grade.UNJUDGED
    return Grade.IN_ORDER


def is_administrative(analysis_state: str, analysis_reason: str) -> bool:
    """Whether no reader may judge it as it is: a model failed on it, or the image was refused for what it is."""
    code = analysis_reason.partition(":")[0]
    return analysis_state == "needs_human" or (analysis_state == "not_analysed" and code in ADMINISTRATIVE_CODES)


def segment_of(
    grade: int, received_at: datetime, *, now: datetime, limits: Limits, blind_first: bool = False
) -> Segment:
    """Where it stands now. blind_first: at a site that reads blind, what the models say moves nothing."""
    standing = Grade(BLIND_GRADES.get(grade, grade)) if blind_first else Grade(grade)
    if standing in MOVES_UP and now - received_at > limits.wait:
        return Segment.OVERDUE
    return SEGMENT_OF_GRADE[standing]


def is_overdue(grade: int, received_at: datetime, *, now: datetime, limits: Limits) -> bool:
    """Whether an unread study, urgent ones too, has waited past the limit."""
    return grade < Grade.ADMINISTRATIVE and now - received_at > limits.wait


def guard_due(since_overdue: int, *, guard_every: int) -> bool:
    """Whether the next study handed out is the guard's: guard_every - 1 were handed out since its last turn."""
    return since_overdue >= guard_every - 1


def handed_next(
    urgent: Sequence[Item], overdue: Sequence[Item], rest: Sequence[Item], *, since_overdue: int, guard_every: int
) -> tuple[Item | None, int]:
    """The next one to hand out, and the new count since the last overdue one.

    Args:
        urgent, overdue, rest: what waits, each in its own order, the first first. The guard never needs overdue urgent
            ones: they are first anyway.
        since_overdue: how many were handed out since the last overdue one.
    Returns:
        None when nothing waits.
    """
    if overdue and (not urgent or guard_due(since_overdue, guard_every=guard_every)):
        return overdue[0], 0
    first = urgent or rest
    return (first[0], since_overdue + 1) if first else (None, since_overdue)


def hand_of(
    urgent: Sequence[Item],
    overdue: Sequence[Item],
    rest: Sequence[Item],
    *,
    size: int,
    since_overdue: int,
    guard_every: int,
) -> tuple[list[Item], int]:
    """The next `size` to hand out, in order, and the new count; by handed_next, one after the other."""
    urgent, overdue, rest, hand = list(urgent), list(overdue), list(rest), []
    while len(hand) < size:
        item, since_overdue = handed_next(urgent, overdue, rest, since_overdue=since_overdue, guard_every=guard_every)
        if item is None:
            break
        hand.append(item)
        for waiting in (urgent, overdue, rest):
            if waiting and waiting[0] is item:
                waiting.pop(0)
    return hand, since_overdue


FAILED = "a model failed: needs a human"
REASONS_OF_STATE = {
    "not_analysed": "no model judged it",
    "cancelled": "analysis cancelled: in order of arrival",
    "needs_human": FAILED,
}
IN_ORDER = "in order of arrival"
ADMINISTRATIVE_WORDS = {
    "blank": "blank image",
    "colour": "a colour picture",
    "cropped": "only part of the film",
    "extreme_aspect": "only part of the film",
    "few_grey_values": "too few grey values",
    "not_a_radiograph": "not a radiograph",
    "not_finite": "unreadable grey values",
    "orientation_unclear": "turned or inverted",
    "overexposed": "overexposed",
    "too_small": "image too small",
    "underexposed": "underexposed",
    "wrong_body_part": "wrong view or body part",
}


def why_here(segment: int, *, analysis_state: str, analysis_reason: str, waited: timedelta, limits: Limits) -> str:
    """The reason for the place, in the words of the page. Follows from the segment alone, so it gives away no more."""
    if segment == Segment.READ:
        return "read"
    if segment == Segment.OVERDUE:
        return f"waited {duration_words(waited)}, past the limit of {duration_words(limits.wait)}"
    if segment == Segment.ADMINISTRATIVE:
        return ADMINISTRATIVE_WORDS.get(analysis_reason.partition(":")[0], FAILED)
    if segment == Segment.UNJUDGED:
        return REASONS_OF_STATE.get(analysis_state, IN_ORDER)
    return {Segment.URGENT: "urgent finding", Segment.FLAGGED: "flagged finding"}.get(Segment(segment), IN_ORDER)


def duration_words(span: timedelta) -> str:
    """Two units at most: "45 min", "4 h", "5 h 10 min", "3 d 2 h"."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"
