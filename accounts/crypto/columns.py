"""One encrypted column value, byte by byte.

    0x01 | key version (4, big-endian) | nonce (12) | ciphertext of the padded value | tag (16)

The padded value is its length (4, big-endian), the UTF-8 text, and zeros up to 32, 64, 128 or a multiple of 128 bytes,
so that the length of a name is not told by its ciphertext (SECURITY.md B12).
"""

from dataclasses import dataclass
from uuid import UUID

from accounts.crypto.aead import Aead, derive_key, length_prefixed
from accounts.errors import IntegrityBroken

FORMAT = b"\x01"
_HEADER_BYTES = 5
_STEPS = (32, 64, 128)


@dataclass(frozen=True)
class ColumnPlace:
    """Where a value stands: its ciphertext opens nowhere else."""

    organisation_id: UUID
    table: str
    column: str
    row_id: UUID

    def associated_data(self) -> bytes:
        return length_prefixed(
            b"column", self.organisation_id.bytes, self.table.encode(), self.column.encode(), self.row_id.bytes
        )


@dataclass(frozen=True, repr=False)
class ScopeKey:
    """A patient's or an organisation's key with its version; repr hides the material."""

    version: int
    material: bytes

    def __repr__(self) -> str:
        return f"ScopeKey(version={self.version}, material hidden)"

    def field_cipher(self) -> Aead:
        """The key of encrypted columns, derived, never stored (SECURITY.md B5)."""
        return Aead(derive_key(self.material, "field"))


def encrypt_column(text: str, *, cipher: Aead, key_version: int, place: ColumnPlace) -> bytes:
    """The bytes to store for a text at its place."""
    header = FORMAT + key_version.to_bytes(4, "big")
    return header + cipher.encrypt(_pad(text.encode()), header + place.associated_data())


def decrypt_column(stored: bytes, *, cipher: Aead, place: ColumnPlace) -> str:
    """The text.

    Raises:
        IntegrityBroken: the bytes were changed, or were written for another row, column, table or organisation.
    """
    if len(stored) < _HEADER_BYTES or stored[:1] != FORMAT:
        raise IntegrityBroken
    header = stored[:_HEADER_BYTES]
    return _unpad(cipher.decrypt(stored[_HEADER_BYTES:], header + place.associated_data())).decode()


def key_version_of(stored: bytes) -> int:
    """The version of the key that a stored value needs."""
    if len(stored) < _HEADER_BYTES or stored[:1] != FORMAT:
        raise IntegrityBroken
    return int.from_bytes(stored[1:_HEADER_BYTES], "big")


def _pad(value: bytes) -> bytes:
    framed = len(value).to_bytes(4, "big") + value
    size = next((step for step in _STEPS if step >= len(framed)), -(-len(framed) // 128) * 128)
    return framed.ljust(size, b"\x00")


def _unpad(framed: bytes) -> bytes:
    size = int.from_bytes(framed[:4], "big")
    if size > len(framed) - 4:
        raise IntegrityBroken
    return framed[4 : 4 + size]
