"""Encryption of whole objects as they stream by: C2SP chunked-encryption, instance Cobblestone-256.

    salt (24) | commitment (32) | chunk 0 | chunk 1 | ... | last chunk

Every chunk is AES-256-GCM of 16 KiB (the last one is always shorter and may be empty), nonce = base nonce XOR chunk
number. Key, base nonce and commitment come from HKDF-Expand-SHA-512 of the object's key over salt and context, so a
wrong key or context is refused before any chunk is opened, and truncation, swap, repetition or extension never pass.
Source: c2sp.org/chunked-encryption; SECURITY.md B8-9.
"""

import hmac
import os
from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from accounts.crypto.aead import KEY_BYTES, NONCE_BYTES, TAG_BYTES, length_prefixed
from accounts.errors import IntegrityBroken

CHUNK_BYTES = 16 * 1024
SALT_BYTES = 24
COMMITMENT_BYTES = 32
HEADER_BYTES = SALT_BYTES + COMMITMENT_BYTES
MOST_CHUNKS = 1 << 38
_CHUNKS_AT_ONCE = 64
_LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"


def object_context(*, organisation_id: UUID, object_id: UUID, kind: str) -> bytes:
    """What an object is: its bytes open as nothing else. Without the patient, who is not known while bytes arrive."""
    return length_prefixed(b"SR1", organisation_id.bytes, object_id.bytes, b"1", kind.encode())


class StreamEncryptor:
    """Plaintext in, ciphertext out, at most one chunk held back."""

    def __init__(self, key: bytes, context: bytes, *, salt: bytes | None = None) -> None:
        salt = os.urandom(SALT_BYTES) if salt is None else salt
        self._chunks, commitment = _derive(key, salt, context)
        self._held = bytearray(salt[:0])
        self._number = 0
        self.header = salt + commitment

    def __repr__(self) -> str:
        return f"StreamEncryptor({self._number} chunks)"

    def update(self, plaintext: bytes | memoryview) -> bytes:
        """The ciphertext of every chunk that is now complete; may be empty."""
        arrived = memoryview(plaintext)
        sealed: list[bytes] = []
        if self._held:
            room = CHUNK_BYTES - len(self._held)
            self._held += arrived[:room]
            arrived = arrived[room:]
            if len(self._held) < CHUNK_BYTES:
                return b""
            sealed.append(self._seal(bytes(self._held)))
            self._held.clear()
        whole = len(arrived) - len(arrived) % CHUNK_BYTES
        sealed += [self._seal(arrived[start : start + CHUNK_BYTES]) for start in range(0, whole, CHUNK_BYTES)]
        self._held += arrived[whole:]
        return b"".join(sealed)

    def finish(self) -> bytes:
        """The last chunk, shorter than the others."""
        return self._seal(bytes(self._held))

    def _seal(self, chunk: bytes | memoryview) -> bytes:
        sealed = self._chunks.encrypt(self._number, chunk)
        self._number += 1
        return sealed


def decrypt_chunks(ciphertext: BinaryIO, key: bytes, context: bytes) -> Iterator[bytes]:
    """The plaintext of a stored object, chunk by chunk; each is verified before it is given out.

    Args:
        ciphertext: open for reading at its first byte; read to its end.
    Raises:
        IntegrityBroken: at the first chunk that is not what was written, and at the end when the object was cut off.
    """
    header = _read_exactly(ciphertext, HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        raise IntegrityBroken
    chunks, commitment = _derive(key, header[:SALT_BYTES], context)
    if not hmac.compare_digest(commitment, header[SALT_BYTES:]):
        raise IntegrityBroken
    size = CHUNK_BYTES
    for number, sealed in enumerate(_sealed_chunks(ciphertext)):
        plaintext = chunks.decrypt(number, sealed)
        size = len(plaintext)
        yield plaintext
    if size == CHUNK_BYTES:
        raise IntegrityBroken


class _Chunks:
    """The cipher of one message and its nonces."""

    __slots__ = ("_base_nonce", "_cipher")

    def __init__(self, key: bytes, base_nonce: bytes) -> None:
        self._cipher = AESGCM(key)
        self._base_nonce = int.from_bytes(base_nonce, "big")

    def encrypt(self, number: int, chunk: bytes | memoryview) -> bytes:
        return self._cipher.encrypt(self._nonce(number), chunk, None)

    def decrypt(self, number: int, chunk: memoryview) -> bytes:
        if len(chunk) < TAG_BYTES:
            raise IntegrityBroken
        try:
            return self._cipher.decrypt(self._nonce(number), chunk, None)
        except InvalidTag as error:
            raise IntegrityBroken from error

    def _nonce(self, number: int) -> bytes:
        if number >= MOST_CHUNKS:
            raise IntegrityBroken
        return (self._base_nonce ^ number).to_bytes(NONCE_BYTES, "big")


def _derive(key: bytes, salt: bytes, context: bytes) -> tuple[_Chunks, bytes]:
    size = KEY_BYTES + NONCE_BYTES + COMMITMENT_BYTES
    derived = HKDFExpand(algorithm=SHA512(), length=size, info=_LABEL + salt + context).derive(key)
    chunks = _Chunks(derived[:KEY_BYTES], derived[KEY_BYTES : KEY_BYTES + NONCE_BYTES])
    return chunks, derived[KEY_BYTES + NONCE_BYTES :]


def _sealed_chunks(ciphertext: BinaryIO) -> Iterator[memoryview]:
    """The sealed chunks to the end; only the last one can be short. Reads about a mebibyte at a time."""
    step = CHUNK_BYTES + TAG_BYTES
    while block := memoryview(_read_exactly(ciphertext, _CHUNKS_AT_ONCE * step)):
        yield from (block[start : start + step] for start in range(0, len(block), step))


def _read_exactly(source: BinaryIO, size: int) -> bytes:
    """Up to `size` bytes; fewer only at the end."""
    found = source.read(size)
    while len(found) < size:
        more = source.read(size - len(found))
        if not more:
            break
        found += more
    return found
