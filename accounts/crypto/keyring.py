"""Key-encryption keys: one interface, and its local implementation in 0600 files.

A provider wraps and unwraps; the key-encryption key itself never leaves it. Every organisation has its own, versioned.
"""

import os
import stat
from pathlib import Path
from typing import Protocol
from uuid import UUID

from accounts.crypto.aead import KEY_BYTES, Aead, random_key
from accounts.crypto.envelope import ProvidedWrap
from accounts.errors import KeyUnavailable


class KeyProvider(Protocol):
    """Where key-encryption keys live: a file here; a security module or a cloud vault where a client has one."""

    name: str

    def create(self, organisation_id: UUID) -> int:
        """Make the organisation's next key-encryption key; gives its version (1, 2, ...)."""
        ...

    def wrap(self, organisation_id: UUID, key: bytes, purpose: bytes) -> bytes:
        """Wrap under the newest version. Raises KeyUnavailable."""
        ...

    def unwrap(self, organisation_id: UUID, wrapped: bytes, purpose: bytes) -> bytes:
        """The key again. Raises KeyUnavailable (key absent or disabled), IntegrityBroken (not what was wrapped)."""
        ...

    def available(self, organisation_id: UUID) -> bool:
        """Whether the newest version can be used now."""
        ...

    def destroy(self, organisation_id: UUID, version: int) -> None:
        """Remove one version for good: what it wrapped can never be opened again."""
        ...


class LocalFileKeyProvider:
    """`<directory>/<organisation>/kek-<version>`: 32 raw bytes each, readable by this user alone or refused."""

    name = "file"

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __repr__(self) -> str:
        return "LocalFileKeyProvider()"

    def create(self, organisation_id: UUID) -> int:
        version = max(self._versions(organisation_id), default=0) + 1
        folder = self._folder(organisation_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_private(folder / f"kek-{version}", random_key())
        return version

    def wrap(self, organisation_id: UUID, key: bytes, purpose: bytes) -> bytes:
        version = max(self._versions(organisation_id), default=0)
        cipher = Aead(self._read(organisation_id, version))
        return ProvidedWrap(self.name, version, cipher.encrypt(key, purpose)).to_bytes()

    def unwrap(self, organisation_id: UUID, wrapped: bytes, purpose: bytes) -> bytes:
        provided = ProvidedWrap.from_bytes(wrapped)
        if provided.provider != self.name:
            raise KeyUnavailable
        return Aead(self._read(organisation_id, provided.key_version)).decrypt(provided.ciphertext, purpose)

    def available(self, organisation_id: UUID) -> bool:
        try:
            self._read(organisation_id, max(self._versions(organisation_id), default=0))
        except KeyUnavailable:
            return False
        return True

    def destroy(self, organisation_id: UUID, version: int) -> None:
        path = self._folder(organisation_id) / f"kek-{version}"
        if path.exists():
            path.write_bytes(os.urandom(KEY_BYTES))
            path.unlink()
            _sync_folder(path.parent)

    def _folder(self, organisation_id: UUID) -> Path:
        return self._directory / organisation_id.hex

    def _versions(self, organisation_id: UUID) -> list[int]:
        names = (path.name.removeprefix("kek-") for path in self._folder(organisation_id).glob("kek-*"))
        return [int(name) for name in names if name.isdecimal()]

    def _read(self, organisation_id: UUID, version: int) -> bytes:
        """Opened without following links; owner and mode are checked on the open file, not on its name."""
        path = self._folder(organisation_id) / f"kek-{version}"
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise KeyUnavailable from error
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
                raise KeyUnavailable("A key file can be read by others. Set its mode to 0600.", code="key_file_mode")
            key = file.read(KEY_BYTES + 1)
        if len(key) != KEY_BYTES:
            raise KeyUnavailable
        return key


def _write_private(path: Path, content: bytes) -> None:
    """Made anew, 0600 from the first byte, and on disk before anything depends on it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
