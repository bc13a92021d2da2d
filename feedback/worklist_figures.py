"""The numbers over and beside the list: one statement, every count stopped at a thousand ("999+")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import OutboxCounter, User
from feedback.models import FacetKind, WorklistEntry, WorklistFacet
from feedback.priority import Grade
from feedback.worklist_filter import LANES, TO_READ, WorklistFilter, lane_condition, midnight
from feedback.worklist_places import Place
from feedback.worklist_sql import counts_of, sql_of, union_of
from imaging.pipeline.values import CASE_TYPES

MOST = 1000


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
    here = Q(site__in=[place.site_id for place in places])
    entries = WorklistEntry.objects.order_by()
    lanes = {lane: _in_lane(lane, reader, here) for lane in LANES}
    opened = lanes[wanted.lane]
    case_types = {code or "unknown": opened.filter(**_way(opened, case_type=code)) for code in (*CASE_TYPES, "")}
    sites = {place.site_id: opened.filter(site=place.site_id) for place in places}
    open_eyed = Q(site__in=[place.site_id for place in places if not place.blind_first])
    counted = [entries.filter(open_eyed, grade=Grade.URGENT), *lanes.values(), *case_types.values(), *sites.values()]
    sequence, oldest, median, *numbers = _row(reader, counted, places, here)
    numbers = iter(numbers)
    urgent, in_lanes = next(numbers), _named(lanes, numbers)
    return WorklistFigures(
        urgent=urgent,
        waiting=in_lanes["to_read"],
        oldest_seconds=_seconds_since(oldest),
        median_seconds=median,
        lanes=in_lanes,
        case_types={code: number for code, number in _named(case_types, numbers).items() if number},
        sites={site: number for site, number in _named(sites, numbers).items() if number},
        sequence=sequence or 0,
    )


def lane_count(reader: User, lane: str, places: Sequence[Place]) -> int:
    """How many studies are in a lane, MOST at most."""
    here = Q(site__in=[place.site_id for place in places])
    select, params = counts_of([_in_lane(lane, reader, here).values_list("pk")], most=MOST)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {select}", params)
        return int(cursor.fetchone()[0])


def _row(reader: User, counted: Sequence[QuerySet[Any]], places: Sequence[Place], here: Q) -> Sequence[Any]:
    """Everything in one row; the number of the newest event comes with it, before any row of the list is read."""
    sequence, params = sql_of(
        OutboxCounter.objects.filter(organisation_id=reader.organisation_id).order_by().values_list("last")
    )
    oldest, oldest_params = _oldest(places)
    median, median_params = _median(here)
    counts, count_params = counts_of([rows.values_list("pk") for rows in counted], most=MOST)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({sequence}), ({oldest}), ({median}), {counts}",  # noqa: S608
            [*params, *oldest_params, *median_params, *count_params],
        )
        return list(cursor.fetchone())


def _oldest(places: Sequence[Place]) -> tuple[str, list[Any]]:
    """The first of the first of every range that is to be read."""
    firsts = [
        WorklistEntry.objects.filter(site=place.site_id, grade=grade).order_by("received_at", "id")
        for place in places
        for grade in TO_READ
    ]
    if not firsts:
        return "SELECT NULL", []
    union, params = union_of([rows.values_list("received_at")[:1] for rows in firsts])
    return f"SELECT MIN(received_at) FROM ({union}) AS firsts", params  # noqa: S608


def _median(here: Q) -> tuple[str, list[Any]]:
    """The lower median of the waits that ended today; a day's work, however many studies there are."""
    today = WorklistEntry.objects.filter(here, last_signed_at__gte=midnight(), first_signed_at__gte=midnight())
    waits, params = sql_of(today.order_by().values_list("first_wait_seconds"))
    half = f"SELECT (COUNT(*) - 1) / 2 FROM ({waits}) AS counted"  # noqa: S608
    return (
        f"SELECT first_wait_seconds FROM ({waits}) AS waits ORDER BY first_wait_seconds LIMIT 1 OFFSET ({half})",  # noqa: S608
        [*params, *params],
    )


def _in_lane(lane: str, reader: User, here: Q) -> QuerySet[Any]:
    if lane == "mine":
        return WorklistFacet.objects.filter(here, kind=FacetKind.DRAFT, value=reader.id).order_by()
    return WorklistEntry.objects.filter(here & lane_condition(lane, reader)).order_by()


def _way(rows: QuerySet[Any], **columns: Any) -> dict[str, Any]:
    prefix = "entry__" if rows.model is WorklistFacet else ""
    return {f"{prefix}{name}": value for name, value in columns.items()}


def _named(names: Iterable[Any], numbers: Iterable[int]) -> dict[str, int]:
    named = list(names)
    return {str(name): int(number) for name, number in zip(named, islice(numbers, len(named)), strict=True)}


def _seconds_since(at: Any) -> int | None:
    if at is None:
        return None
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC) if isinstance(at, str) else at
    return int(max(timedelta(), timezone.now() - moment).total_seconds())
