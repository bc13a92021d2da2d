"""Recording: complete or not at all, before anything is shown, readable by nobody who should not."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.audit import record
from accounts.audit.actions import Action, Outcome
from accounts.audit.context import AuditContext, audit_context
from accounts.audit.record import event_detail, leaf_columns, leaf_hash, record_access, record_effect
from accounts.errors import AuditUnavailable
from accounts.models import AuditEvent, Organisation
from accounts.services.keys import patient_key_destroy
from tests.accounts.factories import make_organisation, make_patient_key

CANARY = "ZZCANARY^SECRET"


@pytest.mark.django_db
class TestEvents:
    def test_the_leaf_covers_what_the_database_gives_back(self, organisation: Organisation, reader: Any) -> None:
        made = record_effect(
            Action.STUDY_VIEWED,
            organisation_id=organisation.id,
            actor=reader,
            site_id=uuid4(),
            object_type="study",
            object_id=uuid4(),
            study_id=uuid4(),
            patient_ref=make_patient_key(organisation),
            model={"name": "chest-lite0", "version": "1.0.0", "sha256": "a" * 64},
            detail={"frame": 0},
        )
        event = AuditEvent.objects.get(pk=made.pk)
        assert leaf_hash(leaf_columns(event)) == bytes(event.leaf) and len(bytes(event.leaf)) == 32
        assert set(leaf_columns(event)) == {f.attname for f in AuditEvent._meta.concrete_fields} - {"sequence", "leaf"}
        assert (event.actor_label, event.model_name, event.outcome) == (reader.username, "chest-lite0", "success")

    def test_details_are_encrypted_and_come_back(self, organisation: Organisation) -> None:
        patient_ref = make_patient_key(organisation)
        made = record_effect(
            Action.UPLOAD_REFUSED,
            organisation_id=organisation.id,
            patient_ref=patient_ref,
            detail={"name": CANARY},
            outcome=Outcome.REFUSED,
        )
        event = AuditEvent.objects.get(pk=made.pk)
        assert CANARY.encode() not in bytes(event.detail_ct)
        assert event_detail(event) == {"name": CANARY} and event.detail_scope == "patient"

    def test_after_the_patient_is_erased_the_trail_still_verifies(self, organisation: Organisation) -> None:
        patient_ref = make_patient_key(organisation)
        made = record_effect(
            Action.STUDY_VIEWED, organisation_id=organisation.id, patient_ref=patient_ref, detail={"name": CANARY}
        )
        patient_key_destroy(organisation.id, patient_ref)
        event = AuditEvent.objects.get(pk=made.pk)
        assert event_detail(event) == {"erased": True}
        assert leaf_hash(leaf_columns(event)) == bytes(event.leaf)

    def test_the_erasure_itself_can_be_recorded_afterwards(self, organisation: Organisation) -> None:
        patient_ref = make_patient_key(organisation)
        patient_key_destroy(organisation.id, patient_ref)
        event = record_effect(
            Action.PATIENT_ERASED, organisation_id=organisation.id, patient_ref=patient_ref, detail={"studies": 2}
        )
        assert event.detail_scope == "organisation" and event_detail(event) == {"studies": 2}

    def test_actor_address_and_request_come_from_the_context(self, organisation: Organisation) -> None:
        context = AuditContext(actor_id=uuid4(), actor_label="anna", ip="192.0.2.7", request_id=uuid4())
        with audit_context(context):
            event = record_effect(Action.STUDY_LISTED, organisation_id=organisation.id)
        assert (event.actor_id, event.actor_label, event.ip) == (context.actor_id, "anna", "192.0.2.7")
        assert record_effect(Action.STUDY_LISTED, organisation_id=organisation.id).actor_label == "system"

    def test_identifiers_sort_by_time(self, organisation: Organisation) -> None:
        ids = [record_effect(Action.STUDY_LISTED, organisation_id=organisation.id).id for _ in range(20)]
        assert [i.int >> 80 for i in ids] == sorted(i.int >> 80 for i in ids) and all(i.version == 7 for i in ids)


@pytest.mark.django_db
class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE accounts_auditevent SET actor_label = 'x'",
            "UPDATE accounts_auditevent SET leaf = NULL WHERE sequence = 0 OR 1",
            "DELETE FROM accounts_auditevent",
            "INSERT OR REPLACE INTO accounts_auditevent SELECT * FROM accounts_auditevent LIMIT 1",
        ],
    )
    def test_the_database_refuses_every_change(self, organisation: Organisation, statement: str) -> None:
        before = list(AuditEvent.objects.order_by("sequence").values_list("sequence", "leaf"))
        assert before
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert list(AuditEvent.objects.order_by("sequence").values_list("sequence", "leaf")) == before

    def test_the_rows_refuse_before_the_database_does(self, organisation: Organisation) -> None:
        event = AuditEvent.objects.first()
        for attempt in (
            event.delete,
            AuditEvent.objects.all().delete,
            lambda: AuditEvent.objects.update(actor_label="x"),
            lambda: AuditEvent.objects.bulk_update([event], ["actor_label"]),
        ):
            with pytest.raises(TypeError):
                attempt()
        event.actor_label = "x"
        with pytest.raises(DatabaseError), transaction.atomic():
            event.save()


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    """With the setting of production: nothing may be open around an access."""

    @pytest.fixture(autouse=True)
    def _as_in_production(self, settings: Any) -> None:
        settings.AUDIT_ACCESS_ALLOWED_NESTING = 0

    def test_an_effect_outside_a_transaction_is_refused(self) -> None:
        organisation = make_organisation()
        with pytest.raises(AuditUnavailable) as refused:
            record_effect(Action.STUDY_RECEIVED, organisation_id=organisation.id)
        assert refused.value.code == "audit_no_transaction"

    def test_an_effect_is_undone_with_what_it_records(self) -> None:
        organisation = make_organisation()
        before = AuditEvent.objects.count()
        with pytest.raises(RuntimeError), transaction.atomic():
            record_effect(Action.STUDY_RECEIVED, organisation_id=organisation.id)
            raise RuntimeError
        assert AuditEvent.objects.count() == before

    def test_an_access_is_durable_when_recorded(self) -> None:
        organisation = make_organisation()
        record_access(Action.STUDY_VIEWED, organisation_id=organisation.id)
        connection.close()
        assert AuditEvent.objects.filter(action="study.viewed").count() == 1

    def test_an_access_inside_a_transaction_is_refused(self) -> None:
        organisation = make_organisation()
        with pytest.raises(AuditUnavailable) as refused, transaction.atomic():
            record_access(Action.STUDY_VIEWED, organisation_id=organisation.id)
        assert refused.value.code == "audit_in_transaction"
        assert not AuditEvent.objects.filter(action="study.viewed").exists()

    def test_when_the_trail_cannot_be_written_it_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        organisation = make_organisation()

        def broken(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError("disk is full")

        monkeypatch.setattr(record.AuditEvent, "save", broken)
        with pytest.raises(AuditUnavailable) as refused:
            record_access(Action.STUDY_VIEWED, organisation_id=organisation.id)
        assert (refused.value.status, refused.value.code) == (503, "audit_unavailable")


@pytest.mark.django_db(transaction=True)
def test_the_triggers_are_there_again_after_a_test_emptied_the_database() -> None:
    """This test runs after others of this kind; the flush between them lifts the triggers and puts them back."""
    make_organisation()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_auditevent")
