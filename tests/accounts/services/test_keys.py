"""Keys: made, wrapped, found, lost and destroyed."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from accounts import keyholder
from accounts.crypto.errors import KeyDestroyed
from accounts.crypto.scope import EncryptionScope
from accounts.errors import IntegrityBroken, KeyUnavailable
from accounts.keyholder import scope_key
from accounts.models import AuditEvent, KeyRecord, Organisation, OrganisationKey, PatientKey
from accounts.services.keys import keys_usable, patient_key_create, patient_key_destroy
from tests.accounts.factories import make_patient_key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_in_memory() -> None:
    keyholder._cache.clear()


def kek_file(organisation: Organisation) -> Path:
    return Path(settings.KEY_DIR) / organisation.id.hex / "kek-1"


def test_an_organisation_has_a_record_two_wrapped_keys_and_an_audit_event(organisation: Organisation) -> None:
    assert KeyRecord.objects.get(organisation=organisation).state == KeyRecord.State.ACTIVE
    assert set(OrganisationKey.objects.values_list("purpose", flat=True)) == {"data", "index"}
    assert AuditEvent.objects.filter(action="key.created", organisation_id=organisation.id).count() == 1


def test_no_key_is_in_the_database_in_clear(organisation: Organisation) -> None:
    patient_ref = make_patient_key(organisation)
    kek = kek_file(organisation).read_bytes()
    key = scope_key(EncryptionScope(organisation.id, patient_ref)).material
    data = scope_key(EncryptionScope(organisation.id)).material
    rows = [*OrganisationKey.objects.values_list("wrapped", flat=True), PatientKey.objects.get().wrapped]
    assert not any(secret in bytes(row) for row in rows for secret in (kek, key, data))


def test_every_patient_has_a_key_of_their_own(organisation: Organisation) -> None:
    keys = {scope_key(EncryptionScope(organisation.id, make_patient_key(organisation))).material for _ in range(3)}
    assert len(keys) == 3


def test_a_missing_key_encryption_key_makes_everything_unavailable_and_its_return_repairs_it(
    organisation: Organisation,
) -> None:
    scope = EncryptionScope(organisation.id, make_patient_key(organisation))
    before = scope_key(scope).material
    content = kek_file(organisation).read_bytes()
    kek_file(organisation).unlink()
    keyholder._cache.clear()
    assert not keys_usable()
    with pytest.raises(KeyUnavailable):
        scope_key(scope)
    kek_file(organisation).write_bytes(content)
    kek_file(organisation).chmod(0o600)
    assert keys_usable() and scope_key(scope).material == before


def test_a_destroyed_key_is_gone_for_good_and_leaves_a_tombstone(organisation: Organisation) -> None:
    patient_ref = make_patient_key(organisation)
    scope = EncryptionScope(organisation.id, patient_ref)
    scope_key(scope)
    patient_key_destroy(organisation.id, patient_ref)
    with pytest.raises(KeyDestroyed):
        scope_key(scope)
    row = PatientKey.objects.get()
    assert row.wrapped is None and row.destroyed_at is not None


def test_a_wrapped_key_moved_to_another_patient_is_refused(organisation: Organisation) -> None:
    one, two = make_patient_key(organisation), make_patient_key(organisation)
    PatientKey.objects.filter(pk=two).update(wrapped=PatientKey.objects.get(pk=one).wrapped)
    with pytest.raises(IntegrityBroken):
        scope_key(EncryptionScope(organisation.id, two))


def test_a_key_of_another_organisation_cannot_be_asked_for(organisation: Organisation) -> None:
    patient_ref = make_patient_key(organisation)
    with pytest.raises(KeyUnavailable):
        scope_key(EncryptionScope(uuid4(), patient_ref))


def test_a_second_key_for_a_patient_is_refused(organisation: Organisation) -> None:
    patient_ref = make_patient_key(organisation)
    with pytest.raises(Exception, match="UNIQUE"):
        patient_key_create(organisation.id, patient_ref)


def test_reprs_show_no_key(organisation: Organisation) -> None:
    key = scope_key(EncryptionScope(organisation.id, make_patient_key(organisation)))
    shown = f"{key!r} {keyholder._cache!r} {keyholder.key_provider()!r} {PatientKey.objects.get()!r}"
    assert key.material.hex() not in shown and repr(key.material) not in shown
