"""Making and destroying keys. Material is wrapped before it reaches a row, and is in no log, message or repr."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.crypto.aead import random_key
from accounts.crypto.envelope import key_purpose
from accounts.keyholder import blind_index, destructions, key_provider, keys_forget, keys_usable, scope_key
from accounts.models import KeyRecord, Organisation, OrganisationKey, PatientKey

__all__ = [
    "blind_index",
    "keys_usable",
    "organisation_key_create",
    "patient_key_create",
    "patient_key_destroy",
    "scope_key",
]


@transaction.atomic
def organisation_key_create(organisation: Organisation) -> KeyRecord:
    """Make an organisation's first keys: key-encryption key (at the provider), data key and blind-index root (wrapped).

    Writes KeyRecord and OrganisationKey; services/organisations.py audits it.
    """
    provider = key_provider()
    version = provider.create(organisation.id)
    record = KeyRecord.objects.create(organisation=organisation, provider=provider.name, version=version)
    for kind in (OrganisationKey.Purpose.DATA, OrganisationKey.Purpose.INDEX):
        purpose = key_purpose(str(kind), organisation_id=organisation.id, owner_id=organisation.id, version=1)
        wrapped = provider.wrap(organisation.id, random_key(), purpose)
        OrganisationKey.objects.create(organisation=organisation, purpose=kind, version=1, wrapped=wrapped)
    return record


def patient_key_create(organisation_id: UUID, patient_ref: UUID) -> PatientKey:
    """Make a patient's key; call it before the first encrypted row of the patient, in the same transaction."""
    keys_forget(organisation_id, patient_ref)
    purpose = key_purpose("patient", organisation_id=organisation_id, owner_id=patient_ref, version=1)
    wrapped = key_provider().wrap(organisation_id, random_key(), purpose)
    return PatientKey.objects.create(id=patient_ref, organisation_id=organisation_id, version=1, wrapped=wrapped)


@transaction.atomic
def patient_key_destroy(organisation_id: UUID, patient_ref: UUID) -> None:
    """Erase a patient for good: what the key protected, columns, objects and audit details, can never be read again.

    Leaves the row as a tombstone. Every process forgets the key: told now, so that nothing is destroyed if that fails,
    and again after the commit, before which others still find the key. The caller audits.

    Raises:
        KeyUnavailable: other processes cannot be told.
    """
    rows = PatientKey.objects.filter(id=patient_ref, organisation_id=organisation_id)
    rows.update(wrapped=None, destroyed_at=timezone.now())
    destructions().add()
    keys_forget(organisation_id, patient_ref)
    transaction.on_commit(lambda: keys_forget(organisation_id, patient_ref))
    transaction.on_commit(destructions().add, robust=True)
