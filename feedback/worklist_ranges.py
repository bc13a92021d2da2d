"""A list as ranges of indexes: for each site and each segment one, already in order, so that a page needs no sort.

A segment that depends on the time ("past the waiting limit") is cut at a moment that the cursor carries on: pages of
one list never shift, whenever they are asked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import IntegerField, Q, QuerySet, Value

from accounts.models import User
from feedback.models import WorklistEntry, WorklistFacet
from feedback.priority import BLIND_GRADES, MOVES_UP, SEGMENT_OF_GRADE, Grade, Segment
from feedback.worklist_filter import (
    GRADES_OF_LANE,
    WorklistFilter,
    column_conditions,
    facets_asked,
    has_facet,
    lane_condition,
)
from feedback.worklist_places import Place
from feedback.worklist_sql import Fragment, as_parameter, asked_of, fragment_of

FACET_LANES = ("to_read", "administrative", "mine", "claims", "all")
SITE = UUID(int=1)
SEGMENT, GRADE = 31_001, 31_002
SINCE, BEFORE = (datetime(1, 1, 1, second=mark, tzinfo=UTC) for mark in (1, 2))
"""Marks in a statement that is compiled once and asked of many ranges; no other parameter is like them."""


@dataclass(frozen=True, slots=True)
class Position:
    """The key of a row in the order of the list, and the moment at which the list was cut into segments."""

    segment: int
    received_at: datetime
    entry_id: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Range:
    """One range of one index: a grade (None: any) of one site, received in [since, before)."""

    place: Place
    segment: Segment
    grade: Grade | None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return self.since is not None and self.before is not None and self.since >= self.before

    def shape(self, after: Position | None) -> Any:
        """What the statement of a range depends on beside its values."""
        begins_inside = after is not None and self.segment == after.segment
        newest_first = self.segment == Segment.READ
        bounds = (self.grade is None, self.since is None, self.before is None)
        return newest_first, begins_inside, bounds, self.place.blind_first

    def values(self) -> dict[Any, Any]:
        """By the mark that stands for each."""
        given = {SITE: self.place.site_id, SINCE: self.since, BEFORE: self.before}
        values = {as_parameter(mark): as_parameter(value) for mark, value in given.items() if value}
        grade = {} if self.grade is None else {GRADE: int(self.grade)}
        return {**values, SEGMENT: int(self.segment), **grade}

    def within(self, since: datetime | None, before: datetime | None) -> "Range":
        """The part of it that was received in [since, before)."""
        return replace(self, since=_latest(self.since, since), before=_earliest(self.before, before))


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: who asks for what, at which sites, as of when; extra: what else an entry has to be."""

    reader: User
    wanted: WorklistFilter
    places: Sequence[Place]
    as_of: datetime
    extra: Q = Q()

    def branches(self, *, size: int, after: Position | None = None) -> list[Fragment]:
        """Of every range the first `size` as (entry id, segment, time of receipt)."""
        ranges = (part.within(self.wanted.received_from(), self.wanted.received_before()) for part in self._ranges())
        wanted = [part for part in ranges if not part.is_empty and (after is None or part.segment >= after.segment)]
        alike: dict[Any, list[Range]] = defaultdict(list)
        for part in wanted:
            alike[part.shape(after)].append(part)
        return [one for parts in alike.values() for one in self._fragments(parts, size, after)]

    def _fragments(self, alike: Sequence[Range], size: int, after: Position | None) -> list[Fragment]:
        """Compiled once for all ranges that differ in their values alone."""
        template = fragment_of(self._branch(alike[0], after)[:size])
        return asked_of(template, [part.values() for part in alike])

    def _ranges(self) -> Iterator[Range]:
        for place in self.places:
            if self.wanted.site_id in (None, place.site_id):
                yield from self._ranges_at(place)

    def _ranges_at(self, place: Place) -> Iterable[Range]:
        grades = GRADES_OF_LANE.get(self.wanted.lane)
        if grades is None:
            return [Range(place, Segment.READ, None)]
        if self.wanted.disagreement or (place.blind_first and self.wanted.asks_the_machine):
            grades = tuple(grade for grade in grades if grade == Grade.READ)  # only signed reads disagree
        return [part for grade in grades for part in self._ranges_of(place, grade)]

    def _ranges_of(self, place: Place, grade: Grade) -> list[Range]:
        standing = BLIND_GRADES.get(grade, grade) if place.blind_first else grade
        whole = Range(place, SEGMENT_OF_GRADE[standing], grade)
        if standing not in MOVES_UP:
            return [whole]
        cut = self.as_of - place.limits.wait
        return [replace(whole, segment=Segment.OVERDUE, before=cut), replace(whole, since=cut)]

    def _branch(self, part: Range, after: Position | None) -> QuerySet[Any]:
        """With marks in place of values."""
        rows, way = self._source(part)
        if part.since is not None:
            rows = rows.filter(received_at__gte=SINCE)
        if part.before is not None:
            rows = rows.filter(received_at__lt=BEFORE)
        number = "entry" if way else "id"
        if after is not None and part.segment == after.segment:
            rows = rows.filter(_beyond(after, number, newest_first=part.segment == Segment.READ))
        order = ("-received_at", f"-{number}") if part.segment == Segment.READ else ("received_at", number)
        segment = Value(SEGMENT, output_field=IntegerField())
        return rows.annotate(segment=segment).order_by(*order).values_list(number, "segment", "received_at")

    def _source(self, part: Range) -> tuple[QuerySet[Any], str]:
        """The rows of the table that leads, and the way from it to the entry."""
        wanted, facets = self.wanted, facets_asked(self.wanted, self.reader)
        grade = None if part.grade is None else GRADE
        if facets and wanted.lane in FACET_LANES:
            (kind, value), *others = facets
            leading = WorklistFacet.objects.filter(site=SITE, kind=kind, value=value, grade=grade)
            rest = self._rest(part, others, "entry__")
            return (leading.filter(rest) if rest else leading), "entry__"
        entries = WorklistEntry.objects.filter(site=SITE).filter(self._rest(part, facets, ""))
        return entries if grade is None else entries.filter(**{_grade_column(wanted.lane): grade}), ""

    def _rest(self, part: Range, facets: Sequence[Any], way: str) -> Q:
        """What is asked beyond the range itself."""
        rest = column_conditions(self.wanted, prefix=way)
        if part.place.blind_first and self.wanted.asks_the_machine:
            rest &= Q(**{f"{way}second_grade__isnull": True})
        if self.wanted.lane == "claims":
            rest &= Q(**{f"{way}claim__isnull": False})
        if self.wanted.lane in ("disagree", "read_today"):
            rest &= lane_condition(self.wanted.lane, self.reader)
        for kind, value in facets:
            rest &= has_facet(kind, value, entry="entry" if way else "pk")
        return rest & self.extra


def _grade_column(lane: str) -> str:
    return "second_grade" if lane == "second_reads" else "grade"


def _beyond(after: Position, number: str, *, newest_first: bool) -> Q:
    """Further on in a range than a position; the first condition alone already says where to begin in the index."""
    way = "lt" if newest_first else "gt"
    further = Q(**{f"received_at__{way}": after.received_at}) | Q(**{f"{number}__{way}": after.entry_id})
    return Q(**{f"received_at__{way}e": after.received_at}) & further


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)
