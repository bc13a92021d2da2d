"""The hand: the next best studies, leased to one reader for a while, so that two never read the same one unknowingly.

Which studies come next is worked out before any lock is held; then the first of them that are still free are locked,
leased and told, in one short transaction. SQLite gives one writer at a time its immediate transaction; on PostgreSQL
rows that somebody else is just taking are passed over (SKIP LOCKED), and a row that was taken in between no longer
meets the condition when it is locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.live import Change, outbox_append_all
from accounts.models import User
from feedback.models import Read, ReadState, WorklistEntry, WorklistTurn
from feedback.priority import Grade
from feedback.worklist_filter import WorklistFilter
from feedback.worklist_hand import Outlook, first_free, in_turn, outlook_of, own_and_open, since_after
from feedback.worklist_places import Place, places_with
from feedback.worklist_ranges import Listing

PERMISSION = "review_study"
WINDOWS = (12, 64, 512)
"""How many candidates of each range are looked at; more only when others took the first ones in between."""


@dataclass(frozen=True, slots=True)
class Hand:
    """entries: in order, the current one first; as_of: the moment they were put in order; waiting: in the lane."""

    entries: tuple[WorklistEntry, ...]
    places: Sequence[Place]
    as_of: datetime
    leased_until: datetime
    waiting: int

    @property
    def entry_ids(self) -> tuple[int, ...]:
        return tuple(entry.pk for entry in self.entries)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a page asks for."""

    listing: Listing
    current: UUID | None
    size: int


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
    wish = _Wish(Listing(reader, wanted, places, now, extra=free), current, size)
    outlook = outlook_of(wish.listing, window=WINDOWS[0])
    until = now + timedelta(seconds=settings.WORKLIST_LEASE_SECONDS)
    with transaction.atomic():
        entries = _taken(wish, outlook, until)
    return Hand(tuple(entries), places, now, until, outlook.waiting)


@transaction.atomic
def hand_release(*, reader: User) -> int:
    """Give everything back; how many there were. Pushed."""
    held = list(WorklistEntry.objects.filter(lease_holder=reader).order_by("pk").select_for_update(of=("self",)))
    _leases_write(reader, back=held, taken=[], until=None)
    _pushed(reader, back=held, taken=[])
    return len(held)


def _free_for(reader: User, now: datetime) -> Q:
    """Nobody else's, not a study that the reader signed, not one that they asked somebody else to read."""
    signed = Read.objects.filter(study=OuterRef("study"), reader=reader, state=ReadState.SIGNED)
    free = Q(lease_holder=None) | Q(lease_holder=reader) | Q(leased_until__lte=now)
    asked = Q(second_asked_by=reader.id)
    return free & (~asked | Q(second_asked_by=None)) & _something_to_read() & ~Q(Exists(signed))


def _something_to_read() -> Q:
    return Q(grade__lt=Grade.READ) | Q(second_grade__isnull=False)


def _taken(wish: _Wish, outlook: Outlook, until: datetime) -> list[WorklistEntry]:
    """In the caller's transaction; who tells something waits for everybody who tells: so that comes last."""
    reader, now = wish.listing.reader, wish.listing.as_of
    turn = _turn_of(reader)
    own = own_and_open(wish.listing, wish.current)
    held = [entry for entry in own if entry.lease_holder_id == reader.id]
    alive = {entry.pk for entry in held if entry.leased_until is not None and entry.leased_until > now}
    kept = [entry for entry in own if entry.study_id == wish.current and entry.is_free]
    since = turn.since_overdue if wish.current is None else _served(turn, kept, wish.listing)
    taken, after = _next_best(wish, outlook, own, kept, since)
    entries = [*kept, *taken]
    ids = {entry.pk for entry in entries}
    back = [entry for entry in held if entry.pk not in ids]
    _leases_write(reader, back=back, taken=entries, until=until)
    _turn_write(turn, since if wish.current is not None else after, kept)
    _pushed(reader, back=back, taken=[entry for entry in entries if entry.pk not in alive])
    return entries


def _turn_of(reader: User) -> WorklistTurn:
    """Locked: two pages of one reader take turns."""
    turn = WorklistTurn.objects.select_for_update().filter(reader=reader).first()
    if turn is not None:
        return turn
    WorklistTurn.objects.bulk_create([WorklistTurn(reader=reader)], ignore_conflicts=True)
    return WorklistTurn.objects.select_for_update().get(reader=reader)


def _served(turn: WorklistTurn, kept: Sequence[WorklistEntry], listing: Listing) -> int:
    """The count with the study that was just opened; asking again for the same one is only a sign of life."""
    if not kept or turn.current == kept[0].study_id:
        return turn.since_overdue
    place = next(place for place in listing.places if place.site_id == kept[0].site_id)
    overdue = kept[0].grade != Grade.URGENT and listing.as_of - kept[0].received_at > place.limits.wait
    return 0 if overdue else turn.since_overdue + 1


def _next_best(
    wish: _Wish, outlook: Outlook, own: Sequence[WorklistEntry], kept: Sequence[WorklistEntry], since: int
) -> tuple[list[WorklistEntry], int]:
    """Locked, in the order of the hand, and the count after them."""
    size, left = wish.size - len(kept), {entry.pk for entry in kept}
    if size <= 0:
        return [], since
    taken, counted = _first_of(wish.listing, outlook, own, left, size, since)
    for window in WINDOWS[1:]:
        if len(taken) == size or outlook.is_whole:
            break
        outlook = outlook_of(wish.listing, window=window)
        taken, counted = _first_of(wish.listing, outlook, own, left, size, since)
    return taken, counted


def _first_of(
    listing: Listing, outlook: Outlook, own: Sequence[WorklistEntry], left: set[int], size: int, since: int
) -> tuple[list[WorklistEntry], int]:
    """The best of the reader's own and of what nobody has; nothing is locked that is not better than their own."""
    keys = [key for key in outlook.keys if key[0] not in left]
    order = in_turn(keys, listing.places, since)
    mine = {entry.pk: entry for entry in own if entry.is_free}
    if all(entry_id in mine for entry_id in order[:size]):
        taken = [mine[entry_id] for entry_id in order[:size]]
    else:
        known = {entry.pk for entry in own}
        others = first_free(listing.extra, [entry_id for entry_id in order if entry_id not in known], size)
        locked = mine | {entry.pk: entry for entry in others}
        taken = [locked[entry_id] for entry_id in order if entry_id in locked][:size]
    segments = dict(keys)
    return taken, since_after(since, [segments[entry.pk] for entry in taken])


def _leases_write(
    reader: User, *, back: Sequence[WorklistEntry], taken: Sequence[WorklistEntry], until: datetime | None
) -> None:
    """What is taken is the reader's, what is given back is nobody's; the rows are locked."""
    for entries, holder, end in ((back, None, None), (taken, reader, until)):
        if entries:
            rows = WorklistEntry.objects.filter(pk__in=[entry.pk for entry in entries])
            rows.update(lease_holder=holder, leased_until=end)
        for entry in entries:
            entry.lease_holder, entry.leased_until = holder, end


def _pushed(reader: User, *, back: Sequence[WorklistEntry], taken: Sequence[WorklistEntry]) -> None:
    """Only changes are pushed."""
    changes = [(entry, "lease.released") for entry in back] + [(entry, "lease.taken") for entry in taken]
    outbox_append_all(
        reader.organisation_id,
        [Change(entry.site_id, entry.study_id, kind, status="lease") for entry, kind in changes],
    )


def _turn_write(turn: WorklistTurn, since: int, kept: Sequence[WorklistEntry]) -> None:
    current = kept[0].study_id if kept else None
    if (turn.since_overdue, turn.current) != (since, current):
        turn.since_overdue, turn.current = since, current
        turn.save(update_fields=["since_overdue", "current"])
