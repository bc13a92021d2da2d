"""The hand: the next best studies, leased to one reader for a while, so that two never read the same one unknowingly.

SQLite gives one writer at a time its immediate transaction; on PostgreSQL rows that somebody else is just taking are
passed over (SKIP LOCKED), and a row that was taken in between no longer meets the condition when it is locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.live import outbox_append
from accounts.models import User
from feedback.models import Read, ReadState, WorklistEntry, WorklistTurn
from feedback.priority import Grade, Segment, hand_of
from feedback.worklist_filter import WorklistFilter
from feedback.worklist_places import Place, places_with
from feedback.worklist_ranges import Listing
from feedback.worklist_sql import keys_of

PERMISSION = "review_study"
WINDOWS = (12, 64, 512)
"""How many candidates of each range are looked at; more only when others are just taking the first ones."""
TRIED = ((0, 12), (12, 60), (60, 300))
"""Which of them are locked, in turn: hardly ever more than the first few."""


@dataclass(frozen=True, slots=True)
class Hand:
    """entry_ids: in order, the current one first; as_of: the moment they were put in order."""

    entry_ids: tuple[int, ...]
    places: Sequence[Place]
    as_of: datetime
    leased_until: datetime


@transaction.atomic
def hand_take(
    *,
    reader: User,
    wanted: WorklistFilter,
    current: UUID | None = None,
    size: int = 4,
    passed: Sequence[UUID] = (),
) -> Hand:
    """Lease the current study, when it is still free for this reader, and the next best ones; give back all others.

    What the reader passed by in this session is not handed to them again; others get it.

    While urgent studies keep coming, every K-th one is the longest waiting past its limit. Writes leases and the
    reader's turn; pushes what was taken and what was given back.
    """
    places, now = places_with(reader, PERMISSION), timezone.now()
    free = _free_for(reader, now) & ~Q(study__in=list(passed)) if passed else _free_for(reader, now)
    listing = Listing(reader, wanted, places, now, extra=free)
    turn = _turn_of(reader)
    kept = _current_kept(listing, current)
    since = turn.since_overdue if current is None else _served(turn, kept, listing)
    taken, after = _next_best(listing, size=size - len(kept), since=since, leave=kept)
    until = now + timedelta(seconds=settings.WORKLIST_LEASE_SECONDS)
    _leases_change(reader, [*kept, *taken], until=until, now=now)
    _turn_write(turn, since if current is not None else after, kept)
    return Hand(tuple(entry.pk for entry in (*kept, *taken)), places, now, until)


@transaction.atomic
def hand_release(*, reader: User) -> int:
    """Give everything back; how many there were. Pushed."""
    now = timezone.now()
    return len(_leases_change(reader, [], until=now, now=now))


def _free_for(reader: User, now: datetime) -> Q:
    """Nobody else's, not a study that the reader signed, not one that they asked somebody else to read."""
    signed = Read.objects.filter(study=OuterRef("study"), reader=reader, state=ReadState.SIGNED)
    free = Q(lease_holder=None) | Q(lease_holder=reader) | Q(leased_until__lte=now)
    asked = Q(second_asked_by=reader.id)
    return free & (~asked | Q(second_asked_by=None)) & _something_to_read() & ~Q(Exists(signed))


def _something_to_read() -> Q:
    return Q(grade__lt=Grade.READ) | Q(second_grade__isnull=False)


def _turn_of(reader: User) -> WorklistTurn:
    """Locked: two pages of one reader take turns."""
    WorklistTurn.objects.get_or_create(reader=reader)
    return WorklistTurn.objects.select_for_update().get(reader=reader)


def _current_kept(listing: Listing, current: UUID | None) -> list[WorklistEntry]:
    """The study that is open, unless somebody else has it by now or it is read."""
    if current is None:
        return []
    sites = [place.site_id for place in listing.places]
    found = WorklistEntry.objects.filter(listing.extra, study=current, site__in=sites)
    return list(found.select_for_update(of=("self",)))


def _served(turn: WorklistTurn, kept: Sequence[WorklistEntry], listing: Listing) -> int:
    """The count with the study that was just opened; asking again for the same one is only a sign of life."""
    if not kept or turn.current == kept[0].study_id:
        return turn.since_overdue
    place = next(place for place in listing.places if place.site_id == kept[0].site_id)
    overdue = kept[0].grade != Grade.URGENT and listing.as_of - kept[0].received_at > place.limits.wait
    return 0 if overdue else turn.since_overdue + 1


def _next_best(
    listing: Listing, *, size: int, since: int, leave: Sequence[WorklistEntry]
) -> tuple[list[WorklistEntry], int]:
    """Locked, in the order of the hand, and the count after them."""
    left = {entry.pk for entry in leave}
    taken: list[WorklistEntry] = []
    counted = since
    for window in WINDOWS if size > 0 else ():
        branches = listing.branches(size=window)
        keys = [key for key in keys_of(branches, size=window * len(branches)) if key[0] not in left]
        segments = dict(keys)
        taken = _lock(_in_turn(keys, listing.places, since, TRIED[-1][1]), listing.extra, size)
        counted = _counted(since, [segments[entry.pk] for entry in taken])
        if len(taken) == size or len(keys) < window:
            break
    return taken, counted


def _in_turn(keys: Sequence[tuple[int, int]], places: Sequence[Place], since: int, size: int) -> list[int]:
    """Entry ids in the order in which they are handed out, the guard's turns included."""
    urgent = [key for key in keys if key[1] == Segment.URGENT]
    overdue = [key for key in keys if key[1] == Segment.OVERDUE]
    rest = [key for key in keys if key[1] > Segment.OVERDUE]
    every = min((place.limits.guard_every for place in places), default=2)
    hand, _ = hand_of(urgent, overdue, rest, size=size, since_overdue=since, guard_every=every)
    return [entry_id for entry_id, _ in hand]


def _counted(since: int, segments: Sequence[int]) -> int:
    for segment in segments:
        since = 0 if segment == Segment.OVERDUE else since + 1
    return since


def _lock(entry_ids: Sequence[int], free: Q, size: int) -> list[WorklistEntry]:
    """The first of them that are free still and not just being taken by somebody else."""
    taken: list[WorklistEntry] = []
    for first, last in TRIED:
        if len(taken) < size:
            taken += _lock_first(entry_ids[first:last], free, size - len(taken))
    return taken


def _lock_first(entry_ids: Sequence[int], free: Q, size: int) -> list[WorklistEntry]:
    if not entry_ids:
        return []
    places = Case(*(When(pk=entry_id, then=Value(place)) for place, entry_id in enumerate(entry_ids)))
    rows = WorklistEntry.objects.filter(free, pk__in=entry_ids).order_by(places)
    return list(_locked(rows)[:size])


def _locked(rows: QuerySet[WorklistEntry]) -> QuerySet[WorklistEntry]:
    return rows.select_for_update(skip_locked=True, of=("self",))


def _leases_change(
    reader: User, wanted: Sequence[WorklistEntry], *, until: datetime, now: datetime
) -> list[WorklistEntry]:
    """These are the reader's, nothing else is; gives what was given back. Only changes are pushed."""
    ids = [entry.pk for entry in wanted]
    held = list(WorklistEntry.objects.filter(lease_holder=reader).select_for_update(of=("self",)))
    alive = {entry.pk for entry in held if entry.leased_until is not None and entry.leased_until > now}
    back = [entry for entry in held if entry.pk not in ids]
    WorklistEntry.objects.filter(pk__in=[entry.pk for entry in back]).update(lease_holder=None, leased_until=None)
    WorklistEntry.objects.filter(pk__in=ids).update(lease_holder=reader, leased_until=until)
    for entry in back:
        _push(reader, entry, "lease.released")
    for entry in wanted:
        if entry.pk not in alive:
            _push(reader, entry, "lease.taken")
    return back


def _push(reader: User, entry: WorklistEntry, kind: str) -> None:
    outbox_append(
        organisation_id=reader.organisation_id,
        site_id=entry.site_id,
        study_id=entry.study_id,
        kind=kind,
        status="lease",
    )


def _turn_write(turn: WorklistTurn, since: int, kept: Sequence[WorklistEntry]) -> None:
    turn.since_overdue, turn.current = since, kept[0].study_id if kept else None
    turn.save(update_fields=["since_overdue", "current"])
