"""The canonical form of an audit event and its leaf hash: what a later verifier recomputes. Pure.

Form 1: a JSON object in UTF-8, keys sorted, no spaces, ASCII escapes, every value a string or null: identifiers as 36
lower-case characters, times as microseconds since 1970 UTC in decimal, numbers in decimal, bytes as lower-case
hexadecimal, absent as null, text as it is. The leaf is SHA-256(0x00 || form), RFC 6962's leaf hash. Frozen by the
test vector in tests/accounts/audit/test_canonical.py: a new form gets a new number, old events keep theirs.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

FORM = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def canonical_form(columns: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed, over the columns given (all but the database's sequence and the leaf itself)."""
    plain = {name: _plain(value) for name, value in columns.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def leaf_hash(columns: Mapping[str, Any]) -> bytes:
    """32 bytes: SHA-256 of a zero byte and the canonical form (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + canonical_form(columns)).digest()


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return str((value - _EPOCH) // timedelta(microseconds=1))
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"an audit event has no column of type {type(value).__name__}")
