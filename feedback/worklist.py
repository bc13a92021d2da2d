"""The worklist: who waits, in which order, and why. Reads only; feedback/services/worklist_entries.py keeps the table.

Order: urgent, past the waiting limit, flagged, what no model could judge, the rest; inside each, the longest waiting
first; then what is administrative, then what is read, the newest first (feedback/priority.py). Pages are cut by key,
so an arrival never shifts a page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.keyholder import blind_index
from accounts.models import User
from feedback.models import WorklistEntry
from feedback.priority import Grade, Segment, grade_of, segment_of
from feedback.worklist_figures import WorklistFigures, worklist_figures
from feedback.worklist_filter import (
    GRADES_OF_LANE,
    WorklistFilter,
    column_conditions,
    facets_asked,
    has_facet,
    lane_condition,
)
from feedback.worklist_places import Place, places_with
from feedback.worklist_ranges import Listing, Position
from feedback.worklist_rows import WorklistRow, row_of
from feedback.worklist_sql import entries_of
from imaging.disclosure import hidden_study_ids
from imaging.models import InsuranceClaim, Study

VISIBLE_WITH = "view_study"
MOST_OF_FEW = 500
"""Of what names its studies (ids, a search, one claim), no more than these are looked at."""


@dataclass(frozen=True, slots=True)
class WorklistPage:
    rows: Sequence[WorklistRow]
    end: Position | None


@dataclass(frozen=True, slots=True)
class WorklistAnswer:
    """The numbers first, then the rows: what happens in between is heard twice, never missed."""

    figures: WorklistFigures
    page: WorklistPage


def worklist_answer(
    reader: User, wanted: WorklistFilter, *, after: Position | None = None, size: int = 50
) -> WorklistAnswer:
    """One page with the numbers beside it."""
    places = places_with(reader, VISIBLE_WITH)
    figures = worklist_figures(reader, wanted, places)
    return WorklistAnswer(figures, page_at(places, reader, wanted, after=after, size=size))


def worklist_page(
    reader: User, wanted: WorklistFilter, *, after: Position | None = None, size: int = 50
) -> WorklistPage:
    """One page of rows, and the key to go on from (None at the end)."""
    return page_at(places_with(reader, VISIBLE_WITH), reader, wanted, after=after, size=size)


def worklist_next(reader: User, wanted: WorklistFilter, *, study: Study) -> WorklistRow | None:
    """The row that follows a study in the list; from the top when it was the last; None when the list is empty."""
    places = places_with(reader, VISIBLE_WITH)
    listing = Listing(reader, wanted, places, timezone.now(), extra=~Q(study=study))
    here = _place_in_list(study, places, listing.as_of)
    found = entries_of(listing.branches(size=1, after=here), size=1) or entries_of(listing.branches(size=1), size=1)
    rows = rows_of(found, reader=reader, places=places, as_of=listing.as_of)
    return rows[0] if rows else None


def rows_of_hand(
    entries: Sequence[WorklistEntry], *, reader: User, places: Sequence[Place], as_of: datetime
) -> list[WorklistRow]:
    """The rows of what was taken in hand, in its order: the open study first, and the guard's turn where it is."""
    _give_segments(entries, "all", places, as_of)
    return rows_of(entries, reader=reader, places=places, as_of=as_of)


def page_at(
    places: Sequence[Place], reader: User, wanted: WorklistFilter, *, after: Position | None, size: int
) -> WorklistPage:
    """One page of the studies of some sites."""
    as_of = timezone.now() if after is None else after.as_of
    if wanted.is_few:
        found = _few(reader, wanted, places, as_of, after)[: size + 1]
    else:
        listing = Listing(reader, wanted, places, as_of)
        found = entries_of(listing.branches(size=size + 1, after=after), size=size + 1)
    end = _position(found[size - 1], as_of) if len(found) > size else None
    rows = rows_of(found[:size], reader=reader, places=places, as_of=as_of)
    return WorklistPage(_not_given_away(rows, wanted), end)


def rows_of(
    entries: Sequence[WorklistEntry], *, reader: User, places: Sequence[Place], as_of: datetime
) -> list[WorklistRow]:
    """Entries with their segment -> rows; one query where a site reads blind first, else none."""
    now, at = timezone.now(), {place.site_id: place for place in places}
    doubtful = [entry for entry in entries if at[entry.site_id].blind_first]
    studies = [Study(id=entry.study_id, site_id=entry.site_id) for entry in doubtful]
    blind = hidden_study_ids(reader, studies) if studies else frozenset()
    return [
        row_of(entry, reader=reader, place=at[entry.site_id], now=now, blind=entry.study_id in blind)
        for entry in entries
    ]


def _not_given_away(rows: Sequence[WorklistRow], wanted: WorklistFilter) -> list[WorklistRow]:
    """A filter on what the models say finds nothing that is withheld."""
    return [row for row in rows if not (row.blind and wanted.asks_the_machine)]


def _few(
    reader: User, wanted: WorklistFilter, places: Sequence[Place], as_of: datetime, after: Position | None
) -> list[WorklistEntry]:
    """What names its studies: fetched whole, put in order here."""
    entries = WorklistEntry.objects.filter(_named(reader, wanted), site__in=_sites(places, wanted))
    entries = entries.filter(lane_condition(wanted.lane, reader), column_conditions(wanted))
    for kind, value in facets_asked(wanted, reader):
        entries = entries.filter(has_facet(kind, value))
    for name, moment in (("gte", wanted.received_from()), ("lt", wanted.received_before())):
        entries = entries.filter(**{f"received_at__{name}": moment}) if moment else entries
    found = _segmented(_with_names(entries.order_by("id")[:MOST_OF_FEW]), wanted.lane, places, as_of)
    return [entry for entry in found if after is None or _key(entry) > _key_of(after)]


def _named(reader: User, wanted: WorklistFilter) -> Q:
    named = Q(study__in=wanted.study_ids) if wanted.study_ids else Q()
    return named & _searched(reader, *wanted.search) if wanted.search else named


def _searched(reader: User, kind: str, typed: str) -> Q:
    """By blind index, or by what a pseudonym is made of; an empty index finds nothing."""
    if kind == "pseudonym":
        return _of_pseudonym(typed)
    index = blind_index(reader.organisation_id, kind, typed)
    if index is None:
        return Q(pk__in=())
    if kind == "accession_number":
        return Q(accession_index=index)
    if kind == "claim_number":
        return Q(claim__in=InsuranceClaim.objects.filter(claim_number_index=index))
    return Q(study__in=Study.objects.filter(patient__patient_id_index=index).values("id"))


def _of_pseudonym(typed: str) -> Q:
    """Six digits, the first of the patient's id: a range of it."""
    digits = typed.strip().upper().removeprefix("P-")
    if len(digits) != 6 or any(digit not in "0123456789ABCDEF" for digit in digits):
        return Q(pk__in=())
    first, last = UUID(digits + "0" * 26), UUID(digits + "F" * 26)
    return Q(study__in=Study.objects.filter(patient__gte=first, patient__lte=last).values("id"))


def _sites(places: Sequence[Place], wanted: WorklistFilter) -> list[UUID]:
    """A site that reads blind is not asked what the models say."""
    here = [place for place in places if wanted.site_id in (None, place.site_id)]
    return [place.site_id for place in here if not (place.blind_first and wanted.asks_the_machine)]


def _with_names(entries: QuerySet[WorklistEntry]) -> QuerySet[WorklistEntry]:
    return entries.select_related("lease_holder", "claim")


def _segmented(
    entries: Iterable[WorklistEntry], lane: str, places: Sequence[Place], as_of: datetime
) -> list[WorklistEntry]:
    """In order, each with its segment."""
    found = list(entries)
    _give_segments(found, lane, places, as_of)
    return sorted(found, key=_key)


def _give_segments(entries: Iterable[WorklistEntry], lane: str, places: Sequence[Place], as_of: datetime) -> None:
    at = {place.site_id: place for place in places}
    for entry in entries:
        entry.segment = _segment(_grade(entry, lane), entry.received_at, at[entry.site_id], as_of)  # type: ignore[attr-defined]


def _grade(entry: WorklistEntry, lane: str) -> int:
    if lane not in GRADES_OF_LANE:
        return Grade.READ
    return entry.second_grade if lane == "second_reads" and entry.second_grade is not None else entry.grade


def _segment(grade: int, received_at: datetime, place: Place, as_of: datetime) -> Segment:
    return segment_of(grade, received_at, now=as_of, limits=place.limits, blind_first=place.blind_first)


def _key(entry: Any) -> tuple[int, float, int]:
    return _key_of(_position(entry, entry.received_at))


def _key_of(position: Position) -> tuple[int, float, int]:
    """Sorts as the list does: what is read, the newest first."""
    way = -1 if position.segment == Segment.READ else 1
    return position.segment, way * position.received_at.timestamp(), way * position.entry_id


def _position(entry: Any, as_of: datetime) -> Position:
    return Position(int(entry.segment), entry.received_at, entry.pk, as_of)


def _place_in_list(study: Study, places: Sequence[Place], as_of: datetime) -> Position:
    """Where a study stands, or stood before it was signed."""
    entry = WorklistEntry.objects.get(study=study)
    grade = grade_of(
        analysis_state=entry.analysis_state,
        analysis_reason=entry.analysis_reason,
        triage_class=entry.triage_class,
        signed=False,
    )
    place = next(place for place in places if place.site_id == entry.site_id)
    return Position(int(_segment(grade, entry.received_at, place, as_of)), entry.received_at, entry.pk, as_of)
