"""UIDs: what a well-formed one looks like. Source: DICOM PS3.5 section 9.1."""

import re

_UID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
MAX_LENGTH = 64


def is_valid_uid(text: str) -> bool:
    """True for at most 64 characters of dotted numbers without leading zeros, the first one 0, 1 or 2."""
    return len(text) <= MAX_LENGTH and _UID.fullmatch(text) is not None
