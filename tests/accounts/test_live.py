"""The outbox: numbers without gaps, in the order of commits, to the sites that may hear."""

import asyncio
import threading
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from channels.layers import get_channel_layer
from django.db import connection, transaction

from accounts.errors import AuditUnavailable
from accounts.live import (
    Change,
    OutboxTail,
    events_after,
    latest_sequence,
    outbox_append,
    outbox_append_all,
    outbox_prune,
    relay_run,
    site_group,
    study_group,
)
from accounts.models import OutboxEvent, Site
from tests.accounts.factories import make_site, make_user


def append(site: Site, **fields: Any) -> OutboxEvent:
    with transaction.atomic():
        return outbox_append(
            organisation_id=site.organisation_id,
            site_id=site.id,
            **{"study_id": uuid4(), "kind": "study.received", "status": "waiting", **fields},
        )


@pytest.mark.django_db
class TestNumbers:
    def test_they_count_by_organisation(self, site: Site, foreign_site: Site) -> None:
        assert [append(site).sequence for _ in range(3)] == [1, 2, 3]
        assert append(foreign_site).sequence == 1
        assert (latest_sequence(site.organisation_id), latest_sequence(uuid4())) == (3, 0)

    def test_a_change_that_is_undone_leaves_no_gap(self, site: Site) -> None:
        append(site)
        with suppress(RuntimeError), transaction.atomic():
            append(site)
            raise RuntimeError
        assert append(site).sequence == 2

    def test_several_changes_are_told_at_once_in_their_order(self, site: Site, foreign_site: Site) -> None:
        append(site)
        with transaction.atomic():
            kinds = ("lease.released", "lease.taken", "lease.taken")
            told = outbox_append_all(site.organisation_id, [Change(site.id, uuid4(), kind) for kind in kinds])
            assert outbox_append_all(foreign_site.organisation_id, []) == []
        assert [(event.sequence, event.kind) for event in told] == list(zip((2, 3, 4), kinds, strict=True))
        assert OutboxEvent.objects.filter(pk__in=[event.pk for event in told]).count() == 3
        assert (append(site).sequence, append(foreign_site).sequence) == (5, 1)

    def test_readers_hear_of_their_sites_only(self, site: Site, other_site: Site, foreign_site: Site) -> None:
        reader, officer = make_user(site), make_user(site, "compliance_officer")
        ours = append(site)
        append(other_site), append(foreign_site)
        last = append(site)
        assert events_after(reader, 0) == [ours, last]
        assert events_after(reader, ours.sequence) == [last]
        assert events_after(officer, 0) == []

    def test_old_events_are_forgotten_and_numbers_go_on(self, site: Site) -> None:
        OutboxEvent.objects.filter(pk=append(site).pk).update(created_at="2020-01-01T00:00:00Z")
        append(site)
        assert outbox_prune() == 1
        assert append(site).sequence == 3

    def test_the_tail_reads_each_event_once(self, site: Site, foreign_site: Site) -> None:
        append(site)
        tail = OutboxTail()
        tail.start()
        assert tail.read() == []
        one, two = append(site), append(foreign_site)
        assert set(tail.read()) == {one, two}
        assert tail.read() == []


@pytest.mark.django_db(transaction=True)
class TestCommits:
    def test_an_event_without_a_transaction_is_refused(self) -> None:
        site = make_site()
        with pytest.raises(AuditUnavailable):
            outbox_append(organisation_id=site.organisation_id, site_id=site.id, study_id=None, kind="x")

    def test_writers_at_once_leave_no_gap_and_no_double(self) -> None:
        site = make_site()

        def write() -> None:
            for _ in range(10):
                append(site)
            connection.close()

        threads = [threading.Thread(target=write) for _ in range(4)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        numbers = OutboxEvent.objects.order_by("sequence").values_list("sequence", flat=True)
        assert list(numbers) == list(range(1, 41))

    def test_the_relay_sends_to_the_groups_of_site_and_study(self) -> None:
        site = make_site()
        study_id, object_id = uuid4(), uuid4()
        append(site)

        async def story() -> list[dict[str, Any]]:
            layer = get_channel_layer()
            await layer.group_add(site_group(site.id), "worklist-page")
            await layer.group_add(study_group(study_id), "study-page")
            relay = asyncio.create_task(relay_run())
            await asyncio.sleep(0.3)
            fields = {"study_id": study_id, "kind": "study.analysed", "status": "analysed", "object_id": object_id}
            await asyncio.to_thread(lambda: (append(site, **fields), connection.close()))
            heard = [await asyncio.wait_for(layer.receive(page), 5) for page in ("worklist-page", "study-page")]
            relay.cancel()
            with suppress(asyncio.CancelledError):
                await relay
            return heard

        expected = {
            "type": "outbox.event",
            "sequence": 2,
            "kind": "study.analysed",
            "study_id": str(study_id),
            "site_id": str(site.id),
            "object_id": str(object_id),
            "status": "analysed",
        }
        assert asyncio.run(story()) == [expected, expected]
