"""Ciphertext into and out of a Django storage. A thin adapter: encryption is in stream.py, keys come from the caller.

On a local file system an object appears under its name only when all of it is on disk: a temporary file of its own,
fsync, rename, fsync of the folder. Elsewhere the ciphertext is spooled and handed over whole.
"""

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import UUID, uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage

from accounts.crypto.stream import StreamEncryptor, decrypt_chunks
from accounts.errors import IntegrityBroken, StorageFull

INCOMING = "incoming"


def object_name(object_id: UUID) -> str:
    """Where an object lies: random, and never a word of the user's."""
    return f"{object_id.hex[:2]}/{object_id.hex}"


class Sink(Protocol):
    """Takes ciphertext; it is there under its name after `keep`, and nowhere after `discard`."""

    def write(self, ciphertext: bytes) -> None: ...
    def keep(self) -> None: ...
    def discard(self) -> None: ...


class EncryptedWriter:
    """Encrypts what is written into a sink. Nothing is readable under the name before `finish`."""

    def __init__(self, sink: Sink, key: bytes, context: bytes) -> None:
        self._sink = sink
        self._encryptor = StreamEncryptor(key, context)
        self._put(self._encryptor.header)

    def write(self, plaintext: bytes | memoryview) -> None:
        ciphertext = self._encryptor.update(plaintext)
        if ciphertext:
            self._put(ciphertext)

    def finish(self) -> None:
        self._put(self._encryptor.finish())
        with _room():
            self._sink.keep()

    def abort(self) -> None:
        self._sink.discard()

    def _put(self, ciphertext: bytes) -> None:
        with _room():
            self._sink.write(ciphertext)


class EncryptedStorage:
    """A Django storage in which every object is encrypted under a key of its own."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def writer(self, name: str, key: bytes, context: bytes) -> EncryptedWriter:
        """Raises StorageFull when there is no room, here or at any write."""
        local = isinstance(self._storage, FileSystemStorage)
        with _room():
            sink: Sink = _LocalSink(self._storage, name) if local else _SpooledSink(self._storage, name)
        return EncryptedWriter(sink, key, context)

    def chunks(self, name: str, key: bytes, context: bytes) -> Iterator[bytes]:
        """The plaintext, verified chunk by chunk. Raises IntegrityBroken, also when the object is gone."""
        try:
            opened = self._storage.open(name, "rb")
        except FileNotFoundError as error:
            raise IntegrityBroken from error
        with opened as file:
            yield from decrypt_chunks(file, key, context)

    def delete(self, name: str) -> None:
        """Gone, or gone before."""
        with contextlib.suppress(FileNotFoundError):
            self._storage.delete(name)

    def old_names(self, *, older_than_seconds: float) -> Iterator[str]:
        """Names of objects, and of temporary files left by a killed process, that were written before that."""
        folders, _ = self._storage.listdir("") if self._exists("") else ([], [])
        for folder in folders:
            for file in self._storage.listdir(folder)[1]:
                name = f"{folder}/{file}"
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - self._storage.get_modified_time(name).timestamp() > older_than_seconds:
                        yield name

    def _exists(self, name: str) -> bool:
        try:
            return self._storage.exists(name)
        except (OSError, ValueError):
            return False


class _LocalSink:
    """A file of its own, 0600 from the first byte, then renamed."""

    def __init__(self, storage: Any, name: str) -> None:
        self._final = Path(storage.path(name))
        root = Path(storage.path(""))
        self._temporary = root / INCOMING / f"{self._final.name}-{uuid4().hex[:8]}"
        _make_folder(self._temporary.parent)
        _make_folder(self._final.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file: IO[bytes] = os.fdopen(os.open(self._temporary, flags, 0o600), "wb")

    def write(self, ciphertext: bytes) -> None:
        self._file.write(ciphertext)

    def keep(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.rename(self._temporary, self._final)
        _sync_folder(self._final.parent)

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self._temporary.unlink(missing_ok=True)


class _SpooledSink:
    """For storages that want a whole file: ciphertext, in a temporary file without a name."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage = storage
        self._name = name
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed by keep or discard)

    def write(self, ciphertext: bytes) -> None:
        self._file.write(ciphertext)

    def keep(self) -> None:
        self._file.seek(0)
        saved = self._storage.save(self._name, File(self._file))
        self._file.close()
        if saved != self._name:
            self._storage.delete(saved)
            raise IntegrityBroken

    def discard(self) -> None:
        self._file.close()


@contextlib.contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull from error
        raise


def _make_folder(folder: Path) -> None:
    """Made, and known to its parent on disk."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
