"""What readers are told as it happens: rows of the outbox, tailed into Channels.

An event carries ids and a status. The row is written in the transaction of what it tells, its number taken last, so
numbers have no gaps and appear in order; a page that was away asks for what came after the last one it saw.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.access import sites_with
from accounts.errors import AuditUnavailable
from accounts.models import OutboxCounter, OutboxEvent, User

logger = logging.getLogger(__name__)
KEEP = timedelta(days=7)
MOST_AT_ONCE = 500
_PRUNE_EVERY_SECONDS = 3600.0
_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Change:
    """What changed, as a page is told of it."""

    site_id: UUID
    study_id: UUID | None
    kind: str
    status: str = ""
    object_id: UUID | None = None


def site_group(site_id: UUID) -> str:
    return f"site.{site_id.hex}"


def study_group(study_id: UUID) -> str:
    return f"study.{study_id.hex}"


def outbox_append(
    *,
    organisation_id: UUID,
    site_id: UUID,
    study_id: UUID | None,
    kind: str,
    status: str = "",
    object_id: UUID | None = None,
) -> OutboxEvent:
    """Tell that something changed; the last statement of the transaction that changes it.

    Raises:
        AuditUnavailable: called outside a transaction, where event and change could part.
    """
    (event,) = outbox_append_all(organisation_id, [Change(site_id, study_id, kind, status, object_id)])
    return event


def outbox_append_all(organisation_id: UUID, changes: Sequence[Change]) -> list[OutboxEvent]:
    """Several changes of one transaction, in their order: as outbox_append.

    Everybody who tells something waits for the counter's row until this transaction ends: so their numbers are taken
    together, in one statement.

    Raises:
        AuditUnavailable: called outside a transaction, where event and change could part.
    """
    if not connection.in_atomic_block:
        raise AuditUnavailable("An event is appended in the transaction of its change.", code="outbox_no_transaction")
    if not changes:
        return []
    first = _numbers_taken(organisation_id, len(changes))
    return OutboxEvent.objects.bulk_create(
        OutboxEvent(
            organisation_id=organisation_id,
            sequence=first + place,
            site_id=change.site_id,
            study_id=change.study_id,
            object_id=change.object_id,
            kind=change.kind,
            status=change.status,
        )
        for place, change in enumerate(changes)
    )


def _numbers_taken(organisation_id: UUID, count: int) -> int:
    """The first of so many numbers, which are nobody else's; the organisation's counter begins with its first event."""
    counter, key = OutboxCounter._meta, OutboxCounter._meta.pk
    table, column = connection.ops.quote_name(counter.db_table), connection.ops.quote_name(key.column)
    statement = (
        f"INSERT INTO {table} ({column}, last) VALUES (%s, %s) "  # noqa: S608
        f"ON CONFLICT ({column}) DO UPDATE SET last = {table}.last + excluded.last RETURNING last"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [key.get_db_prep_value(organisation_id, connection), count])
        return int(cursor.fetchone()[0]) - count + 1


def latest_sequence(organisation_id: UUID) -> int:
    """The number of the newest event of an organisation; 0 before the first."""
    return OutboxCounter.objects.filter(organisation_id=organisation_id).values_list("last", flat=True).first() or 0


def events_after(user: User, sequence: int) -> list[OutboxEvent]:
    """What happened after that number at the sites where the user sees studies, oldest first, at most 500."""
    sites = sites_with(user, "view_study").values_list("id", flat=True)
    events = OutboxEvent.objects.filter(
        organisation_id=user.organisation_id, sequence__gt=sequence, site_id__in=list(sites)
    )
    return list(events.order_by("sequence")[:MOST_AT_ONCE])


def outbox_prune() -> int:
    """Forgets events older than a week; pages that were away longer load everything anew."""
    return OutboxEvent.objects.filter(created_at__lt=timezone.now() - KEEP).delete()[0]


class OutboxTail:
    """Where this process has got to, organisation by organisation. Reads on one thread with one connection."""

    def __init__(self) -> None:
        self._seen: dict[UUID, int] = {}
        self._pruned_at = time.monotonic()

    def start(self) -> None:
        """From now on; what came before is what pages load."""
        self._seen = dict(OutboxCounter.objects.values_list("organisation_id", "last"))

    def read(self) -> list[OutboxEvent]:
        """The events since the last call, in order."""
        arrived: list[OutboxEvent] = []
        for organisation_id, last in OutboxCounter.objects.values_list("organisation_id", "last"):
            seen = self._seen.get(organisation_id, 0)
            if last > seen:
                rows = OutboxEvent.objects.filter(
                    organisation_id=organisation_id, sequence__gt=seen, sequence__lte=last
                )
                arrived += rows.order_by("sequence")
                self._seen[organisation_id] = last
        if time.monotonic() - self._pruned_at > _PRUNE_EVERY_SECONDS:
            self._pruned_at = time.monotonic()
            outbox_prune()
        return arrived


async def relay_run() -> None:
    """Tails the outbox into the channel layer until cancelled; survives a database that is away for a while."""
    loop, tail = asyncio.get_running_loop(), OutboxTail()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox") as thread:
        try:
            await _until_it_works(loop, thread, tail.start)
            while True:
                await events_send(await _until_it_works(loop, thread, tail.read))
                await asyncio.sleep(settings.OUTBOX_POLL_SECONDS)
        finally:
            thread.submit(connection.close)


async def events_send(events: Iterable[OutboxEvent]) -> None:
    """To the groups of each event's site and study."""
    layer = get_channel_layer()
    for event in events:
        message = {
            "type": "outbox.event",
            "sequence": event.sequence,
            "kind": event.kind,
            "study_id": str(event.study_id) if event.study_id else None,
            "site_id": str(event.site_id),
            "object_id": str(event.object_id) if event.object_id else None,
            "status": event.status,
        }
        await layer.group_send(site_group(event.site_id), message)
        if event.study_id:
            await layer.group_send(study_group(event.study_id), message)


async def _until_it_works(loop: asyncio.AbstractEventLoop, thread: ThreadPoolExecutor, read: Any) -> Any:
    while True:
        try:
            return await loop.run_in_executor(thread, read)
        except DatabaseError:
            logger.warning("the outbox cannot be read; trying again")
            await loop.run_in_executor(thread, connection.close)
            await asyncio.sleep(_RETRY_SECONDS)
