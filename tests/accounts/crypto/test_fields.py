"""Encrypted columns as Django sees them."""

import pickle
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import FieldError
from django.db import connection, transaction

from accounts import keyholder
from accounts.crypto.fields import ERASED, MASK
from accounts.errors import IntegrityBroken, KeyUnavailable
from accounts.models import Organisation
from accounts.services.keys import blind_index, patient_key_create, patient_key_destroy
from imaging.models import Patient

pytestmark = pytest.mark.django_db
CANARY = "ZZCANARY^SECRET"


def make_patient(organisation: Organisation, **fields: Any) -> Patient:
    patient = Patient(organisation=organisation, **{"name": CANARY, "patient_id": "MRN-1", **fields})
    patient_key_create(organisation.id, patient.id)
    patient.save(force_insert=True)
    return patient


def stored_name(patient: Patient) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM imaging_patient WHERE id = %s", [patient.id.hex])
        return bytes(cursor.fetchone()[0])


def test_a_value_comes_back_and_only_ciphertext_is_stored(organisation: Organisation) -> None:
    patient = make_patient(organisation)
    assert Patient.objects.get(pk=patient.pk).name == CANARY
    assert CANARY.encode() not in stored_name(patient) and len(stored_name(patient)) == 5 + 12 + 32 + 16


def test_the_same_value_twice_is_stored_differently(organisation: Organisation) -> None:
    assert stored_name(make_patient(organisation)) != stored_name(make_patient(organisation))


def test_neither_repr_nor_pickle_nor_forms_show_the_value(organisation: Organisation) -> None:
    patient = Patient.objects.get(pk=make_patient(organisation).pk)
    _ = patient.name
    assert CANARY not in f"{patient!r} {patient.__dict__!r}"
    assert CANARY.encode() not in pickle.dumps(patient)
    field = Patient._meta.get_field("name")
    assert (field.value_from_object(patient), field.value_to_string(patient), field.formfield()) == (MASK, MASK, None)


@pytest.mark.parametrize("lookup", ["name", "name__icontains", "name__in", "name__startswith", "name__gt"])
def test_filtering_by_ciphertext_raises(organisation: Organisation, lookup: str) -> None:
    with pytest.raises(FieldError):
        list(Patient.objects.filter(**{lookup: [CANARY] if lookup.endswith("in") else CANARY}))


def test_a_null_check_is_the_one_lookup_left(organisation: Organisation) -> None:
    make_patient(organisation)
    assert Patient.objects.filter(name__isnull=False).count() == 1


def test_a_bulk_update_in_clear_raises(organisation: Organisation) -> None:
    patient = make_patient(organisation)
    with pytest.raises(FieldError):
        Patient.objects.filter(pk=patient.pk).update(name="clear")
    patient.name = "clear"
    with pytest.raises(FieldError):
        Patient.objects.bulk_update([patient], ["name"])


def test_bulk_create_encrypts(organisation: Organisation) -> None:
    patient = Patient(organisation=organisation, name=CANARY)
    patient_key_create(organisation.id, patient.id)
    Patient.objects.bulk_create([patient])
    assert CANARY.encode() not in stored_name(patient)
    assert Patient.objects.get(pk=patient.pk).name == CANARY


def test_a_deferred_value_is_fetched_and_decrypted(organisation: Organisation) -> None:
    pk = make_patient(organisation).pk
    assert Patient.objects.only("id", "organisation_id").get(pk=pk).name == CANARY


@pytest.mark.parametrize(
    ("from_column", "to_column", "same_row"), [("name", "name", False), ("name", "sex", True)], ids=["row", "column"]
)
def test_ciphertext_moved_to_another_row_or_column_is_refused(
    organisation: Organisation, from_column: str, to_column: str, same_row: bool
) -> None:
    one = make_patient(organisation)
    two = one if same_row else make_patient(organisation)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE imaging_patient SET {to_column} = (SELECT {from_column} FROM imaging_patient WHERE id = %s) "
            "WHERE id = %s",
            [one.id.hex, two.id.hex],
        )
    with pytest.raises(IntegrityBroken):
        _ = getattr(Patient.objects.get(pk=two.pk), to_column)


def test_an_erased_patient_reads_as_erased_and_stays_so(organisation: Organisation) -> None:
    patient = make_patient(organisation)
    patient_key_destroy(organisation.id, patient.id)
    assert Patient.objects.get(pk=patient.pk).name == ERASED
    keyholder._cache.clear()
    assert Patient.objects.get(pk=patient.pk).name == ERASED


def test_without_a_key_nothing_is_written(organisation: Organisation) -> None:
    with pytest.raises(KeyUnavailable), transaction.atomic():
        Patient(organisation=organisation, name=CANARY).save()
    assert Patient.objects.count() == 0


def test_a_key_of_another_organisation_is_not_found(organisation: Organisation) -> None:
    patient = make_patient(organisation)
    with pytest.raises(KeyUnavailable):
        keyholder.scope_key(keyholder.EncryptionScope(uuid4(), patient.id))


class TestBlindIndex:
    def test_it_is_normalised_and_keyed_by_organisation_and_field(
        self, organisation: Organisation, foreign_site: Any
    ) -> None:
        ours = blind_index(organisation.id, "patient_id", " Mrn-1 ")
        assert ours == blind_index(organisation.id, "patient_id", "MRN-1") and len(ours) == 64
        assert ours != blind_index(organisation.id, "accession_number", "MRN-1")
        assert ours != blind_index(foreign_site.organisation_id, "patient_id", "MRN-1")

    @pytest.mark.parametrize("nothing", ["", "   ", "\t"])
    def test_nothing_has_no_index(self, organisation: Organisation, nothing: str) -> None:
        assert blind_index(organisation.id, "patient_id", nothing) is None

    def test_it_finds_the_row_again(self, organisation: Organisation) -> None:
        patient = make_patient(organisation, patient_id_index=blind_index(organisation.id, "patient_id", "MRN-1"))
        wanted = blind_index(organisation.id, "patient_id", "mrn-1")
        assert Patient.objects.get(patient_id_index=wanted) == patient
