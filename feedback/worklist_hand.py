"""What a hand is made of: the outlook, before anything is locked, and the rows of it that are locked then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, CharField, F, Q, Value, When
from django.db.models.functions import Cast, Concat, StrIndex

from feedback.models import WorklistEntry
from feedback.priority import Segment, hand_of
from feedback.worklist_figures import lane_counted
from feedback.worklist_places import Place
from feedback.worklist_ranges import Listing
from feedback.worklist_sql import counted_keys_of

MOST_TRIED = 300
"""So many others may take something between the outlook and the lock before the hand looks out again."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """keys: (entry id, segment) of the first of each range, in the order of the list; waiting: in the lane, 1,000 at
    most; is_whole: nothing beyond them was left out."""

    keys: Sequence[tuple[int, int]]
    waiting: int
    is_whole: bool


def outlook_of(listing: Listing, *, window: int) -> Outlook:
    """The first so many of each range of the list, and how many there are in its lane: one statement, no lock."""
    count = lane_counted(listing.reader, listing.wanted.lane, listing.places)
    waiting, keys = counted_keys_of(listing.branches(size=window), count)
    return Outlook(keys, waiting, is_whole=len(keys) < window)


def in_turn(keys: Sequence[tuple[int, int]], places: Sequence[Place], since: int) -> list[int]:
    """Entry ids in the order in which they are handed out, the guard's turns included; MOST_TRIED at most."""
    urgent = [key for key in keys if key[1] == Segment.URGENT]
    overdue = [key for key in keys if key[1] == Segment.OVERDUE]
    rest = [key for key in keys if key[1] > Segment.OVERDUE]
    every = min((place.limits.guard_every for place in places), default=2)
    hand, _ = hand_of(urgent, overdue, rest, size=MOST_TRIED, since_overdue=since, guard_every=every)
    return [entry_id for entry_id, _ in hand]


def since_after(since: int, segments: Sequence[int]) -> int:
    """The guard's count after studies of these segments were handed out, one after the other."""
    for segment in segments:
        since = 0 if segment == Segment.OVERDUE else since + 1
    return since


def own_and_open(listing: Listing, current: UUID | None) -> list[Any]:
    """Locked: what the reader holds, and the study that is open; each with is_free, whether they may have it now."""
    sites = [place.site_id for place in listing.places]
    may_have = listing.extra & Q(site__in=sites)
    wanted = Q(lease_holder=listing.reader)
    if current is not None:
        wanted |= Q(study=current) & may_have
    is_free = Case(When(may_have, then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = WorklistEntry.objects.filter(wanted).select_related("claim").annotate(is_free=is_free).order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def first_free(free: Q, entry_ids: Sequence[int], size: int) -> list[Any]:
    """Locked: the first of them that are free still and not just being taken by somebody else."""
    if not entry_ids:
        return []
    rows = WorklistEntry.objects.filter(free, pk__in=entry_ids).select_related("claim")
    return list(rows.order_by(_place_among(entry_ids)).select_for_update(skip_locked=True, of=("self",))[:size])


def _place_among(entry_ids: Sequence[int]) -> StrIndex:
    """Where an entry stands among them: found in one text of them all, as a case for each took longer to write than to
    ask."""
    text = f",{','.join(map(str, entry_ids))},"
    return StrIndex(Value(text), Concat(Value(","), Cast(F("pk"), CharField()), Value(",")))
