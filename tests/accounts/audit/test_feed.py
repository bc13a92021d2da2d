"""django-auditlog holds that something changed, never what was encrypted; and it cannot be emptied."""

import json
from io import StringIO
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.audit.context import AuditContext, audit_context
from accounts.audit.feed import masked_register
from accounts.crypto.fields import MASK
from accounts.models import Organisation, Site, User
from accounts.services.keys import blind_index, patient_key_create, patient_key_destroy
from imaging.models import Patient

pytestmark = pytest.mark.django_db
CANARY = "ZZCANARY^SECRET"


@pytest.fixture
def registered() -> object:
    known = auditlog.contains(Patient)
    if not known:
        masked_register(Patient)
    yield
    if not known:
        auditlog.unregister(Patient)


@pytest.fixture
def patient(registered: object, organisation: Organisation) -> Patient:
    index = blind_index(organisation.id, "patient_id", CANARY)
    patient = Patient(organisation=organisation, name=CANARY, patient_id=CANARY, patient_id_index=index)
    patient_key_create(organisation.id, patient.id)
    patient.save(force_insert=True)
    return patient


def whole_feed() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM auditlog_logentry")
        return repr(cursor.fetchall())


def test_making_changing_and_deleting_leave_no_word_in_clear(patient: Patient) -> None:
    patient.name = CANARY + "2"
    patient.save()
    index, key = patient.patient_id_index, patient.pk
    patient.delete()
    feed = whole_feed()
    assert CANARY not in feed and "CANARY" not in feed and index not in feed
    assert LogEntry.objects.filter(object_pk=str(key)).count() == 3


def test_a_change_of_an_encrypted_field_is_told_masked(patient: Patient) -> None:
    patient.name = CANARY + "2"
    patient.save()
    change = LogEntry.objects.filter(object_pk=str(patient.pk), action=LogEntry.Action.UPDATE).get()
    changes = change.changes if isinstance(change.changes, dict) else json.loads(change.changes)
    assert changes == {"name": [MASK, MASK]}


def test_an_erased_patient_can_still_be_deleted(patient: Patient) -> None:
    patient_key_destroy(patient.organisation_id, patient.id)
    Patient.objects.get(pk=patient.pk).delete()
    assert not Patient.objects.exists()


def test_neither_passwords_nor_addresses_are_in_the_feed(reader: User) -> None:
    with audit_context(AuditContext(actor_id=reader.id, ip="192.0.2.7", request_id=uuid4())):
        Site.objects.create(organisation=reader.organisation, name="New", code="new")
    entry = LogEntry.objects.filter(content_type__model="site").latest("timestamp")
    assert entry.actor_id == reader.id and entry.remote_addr is None
    assert reader.password not in whole_feed() and "192.0.2.7" not in whole_feed()


@pytest.mark.parametrize("options", [{}, {"yes": True}, {"truncate": True, "yes": True}])
def test_the_command_that_empties_the_feed_is_refused(organisation: Organisation, options: dict[str, bool]) -> None:
    before = LogEntry.objects.count()
    with pytest.raises(CommandError, match="Refused"):
        call_command("auditlogflush", stdout=StringIO(), **options)
    assert LogEntry.objects.count() == before > 0


def test_the_command_that_empties_the_database_is_refused(organisation: Organisation, settings: object) -> None:
    settings.AUDIT_TRAIL_MAY_BE_FLUSHED = False
    with pytest.raises(CommandError, match="Refused"):
        call_command("flush", interactive=False, stdout=StringIO())
    assert Organisation.objects.exists()
