"""What the turnaround page is made of: the period, the rows that are read, the figures that are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from accounts.errors import InvalidInput
from feedback.turnaround_figures import Figures, MedianDifference, Spread

LONGEST_DAYS = 92
USUAL_DAYS = 28
CLOCKS = ("received_at", "analysed_at", "first_opened_at", "first_decision_at", "signed_at", "exported_at")
RECEIVED, SIGNED = CLOCKS.index("received_at"), CLOCKS.index("signed_at")


class PeriodInvalid(InvalidInput):
    code = "period_invalid"
    message = f"A period ends on or after the day it begins, and is no longer than {LONGEST_DAYS} days."


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, first and last included."""

    first: date
    last: date

    @classmethod
    def checked(cls, first: date, last: date) -> "Period":
        """Raises PeriodInvalid; also of the calendar's last day, after which nothing ends."""
        if not 0 <= (last - first).days < LONGEST_DAYS or last == date.max:
            raise PeriodInvalid
        return cls(first, last)

    @classmethod
    def up_to(cls, last: date, *, days: int = USUAL_DAYS) -> "Period":
        return cls(last - timedelta(days=days - 1), last)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From its first moment to the first one after it."""
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class TurnaroundFilter:
    """site_id None: all the sites that the user may know of; triage_class None: all."""

    period: Period
    site_id: UUID | None = None
    triage_class: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A group: figures in seconds; reading: of the decisions, all arms."""

    name: str
    turnaround: Figures
    reading: Figures = Figures(0)
    own: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One triage class week by week: the Monday of each, and its figures."""

    triage_class: str
    weeks: Sequence[tuple[date, Figures]]


@dataclass(frozen=True, slots=True)
class Arms:
    """Decisions with the machine's output shown and without it, in seconds of reading; name: the group they are of."""

    name: str
    with_ai: Figures
    without_ai: Figures
    with_spread: Spread | None
    without_spread: Spread | None
    difference: MedianDifference | None


@dataclass(frozen=True, slots=True)
class Turnaround:
    """The page. signed: how many studies it is of; open: received in the period and not signed yet; cut: how many of
    the newest were taken, where there were more."""

    signed: int
    open: int
    cut: int | None
    overall: Line
    stages: Sequence[Line]
    by_class: Sequence[Line]
    by_site: Sequence[Line]
    by_week: Sequence[Line]
    by_reader: Sequence[Line]
    series: Sequence[Series]
    arms: Sequence[Arms]
    arms_by_reader: Sequence[Arms]


class Signed(NamedTuple):
    """A row of StudyClocks; seconds from receipt to signature."""

    site_id: UUID
    triage_class: str
    reader_id: UUID | None
    times: tuple[datetime | None, ...]

    @property
    def at(self) -> datetime:
        return self.times[SIGNED]  # type: ignore[return-value]

    @property
    def seconds(self) -> float:
        return (self.at - self.times[RECEIVED]).total_seconds()  # type: ignore[operator]


class Decision(NamedTuple):
    """A row of ReadingTime that was measured."""

    site_id: UUID
    triage_class: str
    reader_id: UUID
    arm: str
    seconds: float
    at: datetime


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
