"""A key that one process destroys is gone in every other at once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from accounts import keyholder
from accounts.crypto.cache import KeyCache
from accounts.crypto.errors import KeyDestroyed
from accounts.crypto.scope import EncryptionScope
from accounts.errors import KeyUnavailable
from accounts.keyholder import scope_key
from accounts.models import Organisation, PatientKey
from accounts.services import keys
from accounts.services.keys import patient_key_destroy
from tests.accounts.factories import make_patient_key
from tests.paths import REPOSITORY

READER = """
import sys
from pathlib import Path
from uuid import UUID
import django
from django.conf import settings
database, key_dir, organisation, patient = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = database
settings.KEY_DIR = Path(key_dir)
django.setup()
from accounts.crypto.scope import EncryptionScope
from accounts.errors import DomainError
from accounts.keyholder import scope_key
for _ in sys.stdin:
    try:
        scope_key(EncryptionScope(UUID(organisation), UUID(patient)))
        print("readable", flush=True)
    except DomainError as error:
        print(error.code, flush=True)
"""


@contextmanager
def other_process(monkeypatch: pytest.MonkeyPatch, memory: KeyCache) -> Iterator[None]:
    """What another process remembers."""
    with monkeypatch.context() as patch:
        patch.setattr(keyholder, "_cache", memory)
        yield


@pytest.mark.django_db
def test_what_another_process_remembers_is_forgotten_at_its_next_use(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased, kept = (EncryptionScope(organisation.id, make_patient_key(organisation)) for _ in range(2))
    memory = KeyCache()
    with other_process(monkeypatch, memory):
        before = scope_key(kept)
        scope_key(erased)
    patient_key_destroy(organisation.id, erased.patient_ref)
    with other_process(monkeypatch, memory):
        with pytest.raises(KeyDestroyed):
            scope_key(erased)
        assert scope_key(kept) == before


@pytest.mark.django_db
def test_a_key_that_is_destroyed_while_it_is_looked_up_is_not_remembered(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = EncryptionScope(organisation.id, make_patient_key(organisation))
    look_up = keyholder._patient_key

    def destroyed_meanwhile(*arguments: object) -> object:
        found = look_up(*arguments)
        keyholder.destructions().add()
        PatientKey.objects.update(wrapped=None)
        return found

    keyholder._cache.clear()
    with monkeypatch.context() as patch:
        patch.setattr(keyholder, "_patient_key", destroyed_meanwhile)
        scope_key(scope)
    with pytest.raises(KeyDestroyed):
        scope_key(scope)


@pytest.mark.django_db
def test_nothing_is_destroyed_when_the_others_cannot_be_told(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    patient_ref = make_patient_key(organisation)
    monkeypatch.setattr(keys, "destructions", lambda: keyholder.Destructions(tmp_path / "missing"))
    with pytest.raises(KeyUnavailable):
        patient_key_destroy(organisation.id, patient_ref)
    assert PatientKey.objects.get().wrapped is not None


@pytest.mark.django_db
def test_keys_in_memory_are_used_without_a_query(organisation: Organisation, django_assert_num_queries) -> None:
    scope = EncryptionScope(organisation.id, make_patient_key(organisation))
    scope_key(scope)
    with django_assert_num_queries(0):
        for _ in range(100):
            scope_key(scope)


@pytest.mark.django_db(transaction=True)
def test_a_running_process_that_has_the_key_cannot_use_it_any_more(organisation: Organisation) -> None:
    patient_ref = make_patient_key(organisation)
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-c", READER, database, str(settings.KEY_DIR), str(organisation.id), str(patient_ref)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "diagnostics.settings.test"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env=environment
    ) as reader:
        assert reader.stdin and reader.stdout
        answers = []
        for step in ("first", "remembered", "erased"):
            if step == "erased":
                patient_key_destroy(organisation.id, patient_ref)
            reader.stdin.write("\n")
            reader.stdin.flush()
            answers.append(reader.stdout.readline().strip())
        reader.stdin.close()
    assert answers == ["readable", "readable", "key_destroyed"]
