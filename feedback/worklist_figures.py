"""The numbers over and beside the list: one statement, every count stopped at a thousand ("999+")."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import OutboxCounter, User
from feedback.models import FacetKind, WorklistEntry, WorklistFacet
from feedback.priority import Grade
from feedback.worklist_filter import LANES, TO_READ, WorklistFilter, lane_condition, midnight
from feedback.worklist_places import Place
from feedback.worklist_ranges import SITE
from feedback.worklist_sql import (
    Fragment,
    as_parameter,
    asked_of,
    counts_of,
    counts_of_each,
    fragment_of,
    union_of,
)
from imaging.pipeline.values import CASE_TYPES

MOST = 1000
TYPES = (*CASE_TYPES, "")
MARK = "any case type"
"""Stands for a case type in a statement that is compiled once."""


@dataclass(frozen=True, slots=True)
class WorklistFigures:
    """urgent, waiting: unsigned studies; oldest_seconds: longest wait; median_seconds: to a first signature, today.

    Counts end at MOST, which means that or more. sequence: of the newest event, taken with the counts.
    """

    urgent: int
    waiting: int
    oldest_seconds: int | None
    median_seconds: int | None
    lanes: dict[str, int]
    case_types: dict[str, int]
    sites: dict[str, int]
    sequence: int


def worklist_figures(reader: User, wanted: WorklistFilter, places: Sequence[Place]) -> WorklistFigures:
    """Counts over everything the reader may see; case types and sites inside the lane that is open."""
    site_ids = [place.site_id for place in places]
    here, opened = Q(site__in=site_ids), _in_lane(wanted.lane, reader, Q())
    open_eyed = Q(site__in=[place.site_id for place in places if not place.blind_first])
    lanes = [_counted(_in_lane(lane, reader, here)) for lane in LANES]
    of_type = _counted(opened.filter(here, **_way(opened, case_type=MARK)))
    at_site = _counted(opened.filter(site=SITE))
    urgent = _counted(WorklistEntry.objects.filter(open_eyed, grade=Grade.URGENT).order_by())
    parts = [
        _sequence(reader),
        _oldest(site_ids),
        _median(here),
        counts_of_each(of_type, [{MARK: code} for code in TYPES]),
        counts_of_each(at_site, [_at(site_id) for site_id in site_ids]),
        counts_of([urgent, *lanes]),
    ]
    sequence, oldest, median, case_types, sites, number, *in_lanes = _row(parts)
    return WorklistFigures(
        urgent=number,
        waiting=in_lanes[LANES.index("to_read")],
        oldest_seconds=_seconds_since(oldest),
        median_seconds=median,
        lanes=_named(LANES, in_lanes),
        case_types=_not_none([code or "unknown" for code in TYPES], json.loads(case_types)),
        sites=_not_none(site_ids, json.loads(sites)),
        sequence=sequence or 0,
    )


def lane_count(reader: User, lane: str, places: Sequence[Place]) -> int:
    """How many studies are in a lane, MOST at most."""
    count = lane_counted(reader, lane, places)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {count.sql}", count.params)
        return int(cursor.fetchone()[0])


def lane_counted(reader: User, lane: str, places: Sequence[Place]) -> Fragment:
    """The same as one column of a statement that asks for more."""
    here = Q(site__in=[place.site_id for place in places])
    return counts_of([_counted(_in_lane(lane, reader, here))])


def _counted(rows: QuerySet[Any]) -> Fragment:
    return fragment_of(rows.values_list("pk")[:MOST])


def _at(site_id: UUID) -> dict[Any, Any]:
    return {as_parameter(SITE): as_parameter(site_id)}


def _row(parts: Sequence[Fragment]) -> Sequence[Any]:
    """Everything in one row; the number of the newest event comes with it, before any row of the list is read."""
    params = [param for part in parts for param in part.params]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(part.sql for part in parts)}", params)
        return list(cursor.fetchone())


def _sequence(reader: User) -> Fragment:
    newest = OutboxCounter.objects.filter(organisation_id=reader.organisation_id).order_by().values_list("last")
    return _in_brackets(fragment_of(newest))


def _in_brackets(part: Fragment) -> Fragment:
    return Fragment(f"({part.sql})", part.params)


def _oldest(site_ids: Sequence[UUID]) -> Fragment:
    """The first of the first of every range that is to be read."""
    waiting = WorklistEntry.objects.filter(site=SITE).order_by("received_at", "id").values_list("received_at")
    firsts = [fragment_of(waiting.filter(grade=grade)[:1]) for grade in TO_READ]
    if not site_ids:
        return Fragment("NULL", ())
    union = union_of(one for first in firsts for one in asked_of(first, [_at(site_id) for site_id in site_ids]))
    return Fragment(f"(SELECT MIN(received_at) FROM ({union.sql}) AS firsts)", union.params)  # noqa: S608


def _median(here: Q) -> Fragment:
    """The lower median of the waits that ended today; a day's work, however many studies there are."""
    today = WorklistEntry.objects.filter(here, last_signed_at__gte=midnight(), first_signed_at__gte=midnight())
    waits = fragment_of(today.order_by().values_list("first_wait_seconds"))
    half = f"SELECT (COUNT(*) - 1) / 2 FROM ({waits.sql}) AS counted"  # noqa: S608
    return Fragment(
        f"(SELECT first_wait_seconds FROM ({waits.sql}) AS waits "  # noqa: S608
        f"ORDER BY first_wait_seconds LIMIT 1 OFFSET ({half}))",
        (*waits.params, *waits.params),
    )


def _in_lane(lane: str, reader: User, here: Q) -> QuerySet[Any]:
    if lane == "mine":
        return WorklistFacet.objects.filter(here, kind=FacetKind.DRAFT, value=reader.id).order_by()
    return WorklistEntry.objects.filter(here & lane_condition(lane, reader)).order_by()


def _way(rows: QuerySet[Any], **columns: Any) -> dict[str, Any]:
    prefix = "entry__" if rows.model is WorklistFacet else ""
    return {f"{prefix}{name}": value for name, value in columns.items()}


def _named(names: Iterable[Any], numbers: Iterable[int]) -> dict[str, int]:
    return {str(name): int(number) for name, number in zip(names, numbers, strict=True)}


def _not_none(names: Iterable[Any], numbers: Iterable[int]) -> dict[str, int]:
    return {name: number for name, number in _named(names, numbers).items() if number}


def _seconds_since(at: Any) -> int | None:
    if at is None:
        return None
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC) if isinstance(at, str) else at
    return int(max(timedelta(), timezone.now() - moment).total_seconds())
