"""Encrypted objects: originals, heatmaps. Bytes first and durable, the row second; a row never points at nothing.

An object is encrypted once under a key of its own. In quarantine that key is wrapped under the organisation's key;
adopting the object wraps it under the patient's instead, and no byte is encrypted again.
"""

import hashlib
import hmac
import io
from datetime import timedelta
from uuid import UUID, uuid4

from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from accounts.crypto.aead import random_key
from accounts.crypto.envelope import object_key_purpose, unwrap_key, wrap_key, wrapping_version
from accounts.crypto.scope import EncryptionScope
from accounts.crypto.storage import EncryptedStorage, object_name
from accounts.crypto.stream import object_context
from accounts.errors import Conflict, IntegrityBroken
from accounts.keyholder import scope_key
from accounts.models import StoredObject

STORAGE = "images"


class ObjectWriter:
    """Takes an object as it arrives: counts, hashes, encrypts. There is no row, and no name, before `finish`."""

    def __init__(self, organisation_id: UUID, kind: str, *, patient_ref: UUID | None = None) -> None:
        self.object_id = uuid4()
        self.size_bytes = 0
        self._organisation_id = organisation_id
        self._patient_ref = patient_ref
        self._kind = kind
        self._digest = hashlib.sha256()
        key = random_key()
        self._wrapped = _wrap(key, organisation_id, patient_ref, self.object_id, kind)
        context = object_context(organisation_id=organisation_id, object_id=self.object_id, kind=kind)
        self._writer = _storage().writer(object_name(self.object_id), key, context)

    def __repr__(self) -> str:
        return f"ObjectWriter({self.object_id}, {self.size_bytes} bytes)"

    @property
    def sha256(self) -> str:
        """Digest of the plaintext so far."""
        return self._digest.hexdigest()

    def write(self, data: bytes | memoryview) -> None:
        """Raises StorageFull; call `abort` after any exception."""
        self._digest.update(data)
        self._writer.write(data)
        self.size_bytes += len(data)

    def finish(self) -> StoredObject:
        """Makes the object durable, then its row."""
        self._writer.finish()
        return StoredObject.objects.create(
            id=self.object_id,
            organisation_id=self._organisation_id,
            patient_ref=self._patient_ref,
            kind=self._kind,
            name=object_name(self.object_id),
            size_bytes=self.size_bytes,
            sha256=self.sha256,
            wrapped_key=self._wrapped,
        )

    def abort(self) -> None:
        """Leaves nothing behind; harmless twice, and after `finish`."""
        self._writer.abort()


def object_put(*, organisation_id: UUID, patient_ref: UUID | None, kind: str, data: bytes) -> StoredObject:
    """Store bytes that are already in memory."""
    writer = ObjectWriter(organisation_id, kind, patient_ref=patient_ref)
    try:
        writer.write(data)
        return writer.finish()
    except BaseException:
        writer.abort()
        raise


def object_read(stored: StoredObject) -> bytes:
    """The plaintext, all of it verified: every chunk, the length and the digest.

    Raises:
        IntegrityBroken, KeyUnavailable, KeyDestroyed.
    """
    buffer, digest = io.BytesIO(), hashlib.sha256()
    for chunk in _storage().chunks(stored.name, _object_key(stored), _context(stored)):
        buffer.write(chunk)
        digest.update(chunk)
    same_digest = hmac.compare_digest(digest.hexdigest(), stored.sha256)
    if buffer.tell() != stored.size_bytes or not same_digest:
        raise IntegrityBroken
    return buffer.getvalue()


@transaction.atomic
def object_adopt(stored: StoredObject, patient_ref: UUID) -> StoredObject:
    """Out of quarantine: from now on only the patient's key opens it.

    Raises:
        Conflict: it belongs to another patient already.
    """
    if stored.patient_ref == patient_ref:
        return stored
    if stored.patient_ref is not None:
        raise Conflict
    key = _object_key(stored)
    stored.wrapped_key = _wrap(key, stored.organisation_id, patient_ref, stored.id, stored.kind)
    stored.patient_ref = patient_ref
    stored.save(update_fields=["wrapped_key", "patient_ref"])
    return stored


def object_destroy(stored: StoredObject) -> None:
    """Row (and with it the only wrapped key) now, bytes once the transaction is committed."""
    name = stored.name
    StoredObject.objects.filter(pk=stored.pk).delete()
    transaction.on_commit(lambda: _storage().delete(name))


def objects_sweep(*, older_than: timedelta = timedelta(hours=24)) -> int:
    """Removes bytes that have no row, and temporary files, once they are that old; gives how many."""
    removed = 0
    for name in list(_storage().old_names(older_than_seconds=older_than.total_seconds())):
        if not StoredObject.objects.filter(name=name).exists():
            _storage().delete(name)
            removed += 1
    return removed


def objects_in_quarantine(*, kind: str, older_than: timedelta = timedelta(hours=24)) -> list[StoredObject]:
    """Objects of a kind that nobody adopted: what a killed intake left behind."""
    before = timezone.now() - older_than
    return list(StoredObject.objects.filter(kind=kind, patient_ref=None, created_at__lt=before))


def _storage() -> EncryptedStorage:
    return EncryptedStorage(storages[STORAGE])


def _context(stored: StoredObject) -> bytes:
    return object_context(organisation_id=stored.organisation_id, object_id=stored.id, kind=stored.kind)


def _object_key(stored: StoredObject) -> bytes:
    wrapped = bytes(stored.wrapped_key)
    scope = EncryptionScope(stored.organisation_id, stored.patient_ref)
    purpose = object_key_purpose(
        organisation_id=stored.organisation_id, patient_ref=stored.patient_ref, object_id=stored.id, kind=stored.kind
    )
    return unwrap_key(wrapped, under=scope_key(scope, wrapping_version(wrapped)).material, purpose=purpose)


def _wrap(key: bytes, organisation_id: UUID, patient_ref: UUID | None, object_id: UUID, kind: str) -> bytes:
    under = scope_key(EncryptionScope(organisation_id, patient_ref))
    purpose = object_key_purpose(
        organisation_id=organisation_id, patient_ref=patient_ref, object_id=object_id, kind=kind
    )
    return wrap_key(key, under=under.material, under_version=under.version, purpose=purpose)
