"""Encrypted objects: durable, bound, adopted without encrypting again, and gone when destroyed."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, storages

from accounts import keyholder
from accounts.crypto import storage as crypto_storage
from accounts.crypto.errors import KeyDestroyed
from accounts.errors import Conflict, IntegrityBroken, KeyUnavailable, StorageFull
from accounts.models import Organisation, StoredObject
from accounts.services import objects
from accounts.services.keys import patient_key_destroy
from accounts.services.objects import (
    ObjectWriter,
    object_adopt,
    object_destroy,
    object_put,
    object_read,
    objects_in_quarantine,
    objects_sweep,
)
from tests.accounts.factories import make_patient_key

pytestmark = pytest.mark.django_db
CANARY = b"ZZCANARY^SECRET"
DATA = CANARY + hashlib.shake_256(b"data").digest(100_000)


@pytest.fixture(autouse=True, params=["local", "other"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every test holds on a local file system and on a storage that only knows Django's interface."""
    local = FileSystemStorage(location=tmp_path / "images", file_permissions_mode=0o600)
    chosen = local if request.param == "local" else InMemoryStorage()
    monkeypatch.setitem(storages._storages, "images", chosen)
    return chosen


def put(organisation: Organisation, patient_ref: Any = None, data: bytes = DATA) -> StoredObject:
    return object_put(organisation_id=organisation.id, patient_ref=patient_ref, kind="original", data=data)


def rewrite(storage: Any, name: str, change: Callable[[bytes], bytes]) -> None:
    with storage.open(name, "rb") as file:
        content = file.read()
    storage.delete(name)
    storage.save(name, ContentFile(change(content)))


def test_what_was_written_in_steps_comes_back(organisation: Organisation) -> None:
    writer = ObjectWriter(organisation.id, "original")
    for start in range(0, len(DATA), 7_001):
        writer.write(DATA[start : start + 7_001])
    stored = writer.finish()
    assert object_read(StoredObject.objects.get(pk=stored.pk)) == DATA
    assert (stored.size_bytes, stored.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())


def test_an_empty_object_is_an_object(organisation: Organisation) -> None:
    assert object_read(put(organisation, data=b"")) == b""


def test_there_is_no_row_and_no_name_before_it_is_finished(organisation: Organisation, storage: Any) -> None:
    writer = ObjectWriter(organisation.id, "original")
    writer.write(DATA)
    name = crypto_storage.object_name(writer.object_id)
    assert not StoredObject.objects.exists() and not storage.exists(name)
    writer.abort(), writer.abort()
    assert not storage.exists(name)


def test_nothing_of_it_is_stored_in_clear(organisation: Organisation, storage: Any) -> None:
    stored = put(organisation)
    with storage.open(stored.name, "rb") as file:
        content = file.read()
    assert CANARY not in content and DATA[1000:1032] not in content
    assert len(content) == 56 + len(DATA) + 16 * (len(DATA) // 16384 + 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-1],
        lambda content: content[: 56 + 2 * 16400],
        lambda content: content + b"x",
        lambda content: content[:60] + bytes([content[60] ^ 1]) + content[61:],
        lambda content: b"",
    ],
    ids=["cut", "cut at a chunk", "longer", "bit", "emptied"],
)
def test_changed_bytes_are_never_given_out(
    organisation: Organisation, storage: Any, change: Callable[[bytes], bytes]
) -> None:
    stored = put(organisation)
    rewrite(storage, stored.name, change)
    with pytest.raises(IntegrityBroken):
        object_read(stored)


def test_another_objects_bytes_are_refused(organisation: Organisation, storage: Any) -> None:
    one, two = put(organisation), put(organisation)
    with storage.open(one.name, "rb") as file:
        content = file.read()
    rewrite(storage, two.name, lambda _: content)
    with pytest.raises(IntegrityBroken):
        object_read(two)


@pytest.mark.parametrize("column", ["wrapped_key", "sha256", "size_bytes", "name", "kind", "organisation_id"])
def test_a_row_mixed_with_another_is_refused(organisation: Organisation, foreign_site: Any, column: str) -> None:
    stored = put(organisation)
    other = object_put(organisation_id=foreign_site.organisation_id, patient_ref=None, kind="heatmap", data=DATA[:-1])
    setattr(stored, column, getattr(other, column))
    with pytest.raises(IntegrityBroken):
        object_read(stored)


def test_a_missing_object_is_an_integrity_failure(organisation: Organisation, storage: Any) -> None:
    stored = put(organisation)
    storage.delete(stored.name)
    with pytest.raises(IntegrityBroken):
        object_read(stored)


def test_adoption_wraps_the_key_anew_and_touches_no_byte(organisation: Organisation, storage: Any) -> None:
    stored, patient_ref = put(organisation), make_patient_key(organisation)
    with storage.open(stored.name, "rb") as file:
        before = file.read()
    object_adopt(stored, patient_ref)
    stored.refresh_from_db()
    with storage.open(stored.name, "rb") as file:
        assert file.read() == before
    assert stored.patient_ref == patient_ref and object_read(stored) == DATA
    assert object_adopt(stored, patient_ref) is stored
    with pytest.raises(Conflict):
        object_adopt(stored, make_patient_key(organisation))


def test_after_the_patient_is_erased_the_bytes_are_noise(organisation: Organisation) -> None:
    patient_ref = make_patient_key(organisation)
    stored = put(organisation, patient_ref)
    patient_key_destroy(organisation.id, patient_ref)
    with pytest.raises(KeyDestroyed):
        object_read(stored)


def test_a_patient_named_in_the_row_without_the_key_does_not_open_it(organisation: Organisation) -> None:
    stored = put(organisation)
    stored.patient_ref = make_patient_key(organisation)
    with pytest.raises(IntegrityBroken):
        object_read(stored)


def test_without_a_key_nothing_is_begun(organisation: Organisation) -> None:
    with pytest.raises(KeyUnavailable):
        ObjectWriter(uuid4(), "original")


def test_destroying_removes_row_and_bytes(
    organisation: Organisation, storage: Any, django_capture_on_commit_callbacks: Any
) -> None:
    stored = put(organisation)
    with django_capture_on_commit_callbacks(execute=True):
        object_destroy(stored)
    assert not StoredObject.objects.exists() and not storage.exists(stored.name)


def test_a_full_disk_is_said_and_leaves_nothing(
    organisation: Organisation, storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    sink = crypto_storage._LocalSink if isinstance(storage, FileSystemStorage) else crypto_storage._SpooledSink
    monkeypatch.setattr(sink, "keep", no_room)
    with pytest.raises(StorageFull):
        put(organisation)
    assert not StoredObject.objects.exists()
    if isinstance(storage, FileSystemStorage):
        assert [path for path in Path(storage.location).rglob("*") if path.is_file()] == []


def test_what_a_killed_process_left_is_swept_once_it_is_old(organisation: Organisation, storage: Any) -> None:
    kept = put(organisation)
    orphan = put(organisation)
    StoredObject.objects.filter(pk=orphan.pk).delete()
    unfinished = ObjectWriter(organisation.id, "original")
    unfinished.write(DATA)
    assert objects_sweep() == 0
    removed = objects_sweep(older_than=timedelta(seconds=-1))
    assert removed == (2 if isinstance(storage, FileSystemStorage) else 1)
    assert object_read(kept) == DATA


def test_objects_that_nobody_adopted_are_found_by_kind_and_age(organisation: Organisation) -> None:
    waiting = put(organisation)
    object_adopt(put(organisation), make_patient_key(organisation))
    assert objects_in_quarantine(kind="original") == []
    assert objects_in_quarantine(kind="original", older_than=timedelta(seconds=-1)) == [waiting]
    assert objects_in_quarantine(kind="heatmap", older_than=timedelta(seconds=-1)) == []


def test_local_files_are_private_and_their_names_random(organisation: Organisation, storage: Any) -> None:
    if not isinstance(storage, FileSystemStorage):
        assert storage.exists(put(organisation).name)
        return
    path = Path(storage.path(put(organisation).name))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.name == StoredObject.objects.get().id.hex


def test_it_is_on_disk_before_it_has_its_name(
    organisation: Organisation, storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fsync of the file, rename, fsync of the folder: in that order, or a power cut leaves a name without bytes."""
    if not isinstance(storage, FileSystemStorage):
        assert object_read(put(organisation)) == DATA
        return
    calls: list[str] = []
    for name in ("fsync", "rename"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, _real=real, _name=name: (calls.append(_name), _real(*args))[1])
    writer = ObjectWriter(organisation.id, "original")
    calls.clear()
    writer.finish()
    assert calls == ["fsync", "rename", "fsync"]


def test_no_key_is_in_the_repr_of_a_writer(organisation: Organisation) -> None:
    writer = ObjectWriter(organisation.id, "original")
    assert repr(writer) == f"ObjectWriter({writer.object_id}, 0 bytes)"
    writer.abort()


def test_the_storage_is_looked_up_each_time() -> None:
    assert objects._storage()._storage is storages["images"]
    assert keyholder.key_provider().name == "file"
