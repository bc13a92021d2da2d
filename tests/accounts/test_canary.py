"""A patient's name goes through everything that accounts stores, and is found nowhere in clear (SECURITY.md C9)."""

import base64
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection, transaction

from accounts.audit.actions import Action
from accounts.audit.record import event_detail, record_access, record_effect
from accounts.services.keys import blind_index, patient_key_create
from accounts.services.objects import object_adopt, object_put, object_read
from imaging.models import Patient
from tests.accounts.factories import make_organisation

CANARY = "ZZCANARY^ÄSECRET"
FORMS = [
    CANARY.encode(),
    CANARY.encode("utf-16-le"),
    CANARY.encode("utf-16-be"),
    CANARY.encode("latin-1"),
    CANARY.encode().hex().encode(),
    *(base64.b64encode(b"x" * shift + CANARY.encode())[4:-4] for shift in range(3)),
    b"ZZCANARY",
]


@pytest.mark.django_db(transaction=True)
def test_the_canary_is_nowhere_in_clear(caplog: Any) -> None:
    organisation = make_organisation()
    stored = object_put(organisation_id=organisation.id, patient_ref=None, kind="original", data=FORMS[0] * 5000)
    with transaction.atomic():
        patient = Patient(organisation=organisation, name=CANARY, patient_id=CANARY)
        patient.patient_id_index = blind_index(organisation.id, "patient_id", CANARY)
        patient_key_create(organisation.id, patient.id)
        patient.save(force_insert=True)
        object_adopt(stored, patient.id)
        common = {"organisation_id": organisation.id, "patient_ref": patient.id}
        event = record_effect(Action.STUDY_RECEIVED, **common, detail={"name": CANARY})
    record_access(Action.STUDY_VIEWED, **common, detail={"name": CANARY})
    patient.refresh_from_db()
    patient.sex = CANARY
    patient.save()

    assert patient.name == CANARY and object_read(stored) == FORMS[0] * 5000
    assert event_detail(event) == {"name": CANARY}
    places = [settings.DATA_DIR, Path(storages["images"].location), Path(connection.settings_dict["NAME"]).parent]
    files = {file for place in places for file in Path(place).rglob("*") if file.is_file()}
    assert any("sqlite3" in file.name for file in files) and any("storage" in str(file) for file in files)
    for file in files:
        content = file.read_bytes()
        assert not [form for form in FORMS if form in content], file.name
    assert "CANARY" not in caplog.text
