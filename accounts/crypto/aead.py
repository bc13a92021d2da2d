"""Authenticated encryption of small values, key derivation and digests: AES-256-GCM and HKDF-SHA-256, nothing else.

Every piece of associated data and every derivation label is length-prefixed, never joined text, so that no two
different contexts can ever encode to the same bytes (SECURITY.md B2).
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from accounts.errors import IntegrityBroken

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


def length_prefixed(*parts: bytes) -> bytes:
    """Each part after its length in four big-endian bytes: an encoding that cannot be ambiguous."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def random_key() -> bytes:
    """32 bytes from the operating system."""
    return os.urandom(KEY_BYTES)


def derive_key(key: bytes, label: str) -> bytes:
    """HKDF-Expand (RFC 5869, SHA-256) of a uniformly random key: 32 bytes for one purpose.

    Args:
        key: 32 uniformly random bytes.
        label: the purpose; different labels give independent keys.
    """
    return HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=length_prefixed(b"SR1", label.encode())).derive(key)


def keyed_digest(key: bytes, value: bytes) -> str:
    """HMAC-SHA-256 as 64 hexadecimal digits."""
    return hmac.new(key, value, hashlib.sha256).hexdigest()


class Aead:
    """AES-256-GCM under one key with a fresh random 96-bit nonce per message. Its repr says nothing about the key."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("an AES-256 key has 32 bytes")
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "Aead(key hidden)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a cipher holds a key and is never serialised")

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes:
        """nonce (12) || ciphertext || tag (16); the nonce is random, so one key must stay under 2**32 messages."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plaintext, associated_data)

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes:
        """The plaintext.

        Raises:
            IntegrityBroken: any bit of the ciphertext, the key or the associated data is not what was encrypted.
        """
        if len(ciphertext) < NONCE_BYTES + TAG_BYTES:
            raise IntegrityBroken
        try:
            return self._cipher.decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], associated_data)
        except InvalidTag as error:
            raise IntegrityBroken from error
