"""UIDs: well-formed ones, and ones that identify all the same. Source: DICOM PS3.5 section 9.1."""

import re

_UID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_DOTTED_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+)+")
_ANY_WRITER = re.compile(r"[0-9A-Za-z._\- ]*")
MAX_LENGTH = 64


def is_valid_uid(text: str) -> bool:
    """True for at most 64 characters of dotted numbers without leading zeros, the first one 0, 1 or 2."""
    return len(text) <= MAX_LENGTH and _UID.fullmatch(text) is not None


def is_usable_uid(text: str) -> bool:
    """True for any dotted numbers: leading zeros and unregistered roots occur in real archives and still identify."""
    return len(text) <= MAX_LENGTH and _DOTTED_NUMBERS.fullmatch(text) is not None


def is_damaged_uid(text: str) -> bool:
    """True when it holds characters that no writer puts into a UID: the header has been damaged."""
    return _ANY_WRITER.fullmatch(text) is None
