"""Wrapped keys: a key encrypted under another, byte by byte, and bound to what it is for.

A key wrapped under a key that is itself in the database (an object's key under a patient's):

    0x02 | version of the wrapping key (4, big-endian) | nonce (12) | ciphertext (32) | tag (16)

A key wrapped by a key-encryption key that a KeyProvider holds (keyring.py):

    0x03 | provider (1: length, then ASCII) | key version (4, big-endian) | provider's own ciphertext
"""

from dataclasses import dataclass
from uuid import UUID

from accounts.crypto.aead import Aead, derive_key, length_prefixed
from accounts.errors import IntegrityBroken

INNER = b"\x02"
PROVIDED = b"\x03"
_HEADER_BYTES = 5


@dataclass(frozen=True)
class ProvidedWrap:
    """A key wrapped by a provider: who can open it, with which version of the key-encryption key."""

    provider: str
    key_version: int
    ciphertext: bytes

    def to_bytes(self) -> bytes:
        name = self.provider.encode("ascii")
        return PROVIDED + bytes([len(name)]) + name + self.key_version.to_bytes(4, "big") + self.ciphertext

    @classmethod
    def from_bytes(cls, wrapped: bytes) -> "ProvidedWrap":
        """Raises IntegrityBroken when the bytes are no wrapped key."""
        if len(wrapped) < 2 or wrapped[:1] != PROVIDED or len(wrapped) < 6 + wrapped[1]:
            raise IntegrityBroken
        end = 2 + wrapped[1]
        version = int.from_bytes(wrapped[end : end + 4], "big")
        return cls(wrapped[2:end].decode("ascii", "replace"), version, wrapped[end + 4 :])


def key_purpose(kind: str, *, organisation_id: UUID, owner_id: UUID, version: int) -> bytes:
    """What a patient's or an organisation's key is for: the associated data of its wrap (SECURITY.md B2)."""
    return length_prefixed(b"key", kind.encode(), organisation_id.bytes, owner_id.bytes, version.to_bytes(4, "big"))


def object_key_purpose(*, organisation_id: UUID, patient_ref: UUID | None, object_id: UUID, kind: str) -> bytes:
    """What an object's key is for; a quarantined object has no patient yet."""
    patient = b"" if patient_ref is None else patient_ref.bytes
    return length_prefixed(b"object-key", organisation_id.bytes, patient, object_id.bytes, b"1", kind.encode())


def wrap_key(key: bytes, *, under: bytes, under_version: int, purpose: bytes) -> bytes:
    """A 32-byte key wrapped under another 32-byte key of the stated version."""
    header = INNER + under_version.to_bytes(4, "big")
    return header + Aead(derive_key(under, "wrap")).encrypt(key, header + purpose)


def unwrap_key(wrapped: bytes, *, under: bytes, purpose: bytes) -> bytes:
    """The key again.

    Raises:
        IntegrityBroken: changed bytes, another wrapping key, or a key that was wrapped for something else.
    """
    if len(wrapped) < _HEADER_BYTES or wrapped[:1] != INNER:
        raise IntegrityBroken
    header = wrapped[:_HEADER_BYTES]
    return Aead(derive_key(under, "wrap")).decrypt(wrapped[_HEADER_BYTES:], header + purpose)


def wrapping_version(wrapped: bytes) -> int:
    """The version of the key that opens a key made by wrap_key."""
    if len(wrapped) < _HEADER_BYTES or wrapped[:1] != INNER:
        raise IntegrityBroken
    return int.from_bytes(wrapped[1:_HEADER_BYTES], "big")
