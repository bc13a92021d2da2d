"""Gives the keys to those who encrypt and decrypt: provider, rows of wrapped keys, and a short memory.

organisation's key-encryption key (provider) > organisation's data and index keys, patient keys > object keys.
"""

import unicodedata
from collections.abc import Callable, Hashable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.crypto.aead import derive_key, keyed_digest
from accounts.crypto.cache import KeyCache
from accounts.crypto.columns import ScopeKey
from accounts.crypto.destructions import Destructions
from accounts.crypto.envelope import key_purpose
from accounts.crypto.errors import KeyDestroyed
from accounts.crypto.keyring import KeyProvider, LocalFileKeyProvider
from accounts.crypto.scope import EncryptionScope
from accounts.errors import KeyUnavailable
from accounts.models import OrganisationKey, PatientKey

_cache = KeyCache()


def key_provider() -> KeyProvider:
    """Where key-encryption keys live in this deployment."""
    return LocalFileKeyProvider(Path(settings.KEY_DIR))


def destructions() -> Destructions:
    """What tells every process of this deployment that a key was destroyed."""
    return Destructions(Path(settings.KEY_DIR))


def scope_key(scope: EncryptionScope, version: int | None = None) -> ScopeKey:
    """A patient's or an organisation's key; version None is the one to write under. Reads the database at most once
    in five minutes a key, and again as soon as any process destroyed one.

    Raises:
        KeyUnavailable: no such key, or its key-encryption key cannot be used now.
        KeyDestroyed: the patient was erased.
    """
    name = (scope.organisation_id, scope.patient_ref, version)
    return _remembered(
        name,
        lambda: _patient_key(scope, version) if scope.patient_ref else _data_key(scope.organisation_id, version),
    )


def blind_index(organisation_id: UUID, field: str, value: str) -> str | None:
    """What an exact search for a value looks for: a keyed digest of it, per organisation and field (SECURITY.md C8).

    The value is normalised first (NFKC, outer space, case); an empty one has no index.
    """
    normalised = unicodedata.normalize("NFKC", value).strip().casefold()
    if not normalised:
        return None
    root = _remembered((organisation_id, "index", None), lambda: _organisation_key(organisation_id, "index", None))
    return keyed_digest(derive_key(root.material, f"bidx|{field}"), normalised.encode())


def keys_usable() -> bool:
    """Whether every organisation's newest key-encryption key can be used now; looks at the provider, not in memory."""
    provider = key_provider()
    return all(provider.available(organisation_id) for organisation_id in _organisations())


def keys_forget(organisation_id: UUID, patient_ref: UUID | None = None) -> None:
    """Drop from memory a patient's keys, or (None) every key of the organisation."""

    def matches(name: object) -> bool:
        return isinstance(name, tuple) and name[0] == organisation_id and patient_ref in (None, name[1])

    _cache.forget(matches)


def _remembered(name: Hashable, look_up: Callable[[], ScopeKey]) -> ScopeKey:
    """The count is taken before the rows are read, so that a key which is destroyed meanwhile is not remembered."""
    destroyed = destructions().count()
    _cache.follow(destroyed)
    known = _cache.get(name)
    if known is None:
        known = look_up()
        _cache.put(name, known, destroyed=destroyed)
    return known


def _organisations() -> list[UUID]:
    return list(OrganisationKey.objects.values_list("organisation_id", flat=True).distinct())


def _patient_key(scope: EncryptionScope, version: int | None) -> ScopeKey:
    row = PatientKey.objects.filter(id=scope.patient_ref, organisation_id=scope.organisation_id).first()
    if row is None or (version is not None and row.version != version):
        raise KeyUnavailable
    if row.wrapped is None:
        raise KeyDestroyed
    purpose = key_purpose("patient", organisation_id=row.organisation_id, owner_id=row.id, version=row.version)
    return ScopeKey(row.version, key_provider().unwrap(row.organisation_id, bytes(row.wrapped), purpose))


def _data_key(organisation_id: UUID, version: int | None) -> ScopeKey:
    return _organisation_key(organisation_id, "data", version)


def _organisation_key(organisation_id: UUID, kind: str, version: int | None) -> ScopeKey:
    rows = OrganisationKey.objects.filter(organisation_id=organisation_id, purpose=kind)
    row = (rows if version is None else rows.filter(version=version)).order_by("-version").first()
    if row is None:
        raise KeyUnavailable
    purpose = key_purpose(kind, organisation_id=organisation_id, owner_id=organisation_id, version=row.version)
    return ScopeKey(row.version, key_provider().unwrap(organisation_id, bytes(row.wrapped), purpose))
