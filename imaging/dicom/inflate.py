"""Inflation with a bound: pydicom inflates a deflated data set without one."""

import zlib

from imaging.dicom.errors import refused
from imaging.dicom.limits import DecodeLimits

_STEP_BYTES = 1024 * 1024


def inflate(deflated: memoryview, limits: DecodeLimits) -> bytes:
    """Raw deflate (RFC 1951) -> bytes, refused as soon as a limit is passed.

    Raises:
        RefusedFile: inflate_failed, inflate_too_large, truncated_file.
    Source: DICOM PS3.5 annex A.5.
    """
    allowed = _allowed_bytes(len(deflated), limits)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    output = bytearray()
    pending: bytes | memoryview = deflated
    while not inflater.eof:
        try:
            piece = inflater.decompress(pending, _STEP_BYTES)
        except zlib.error as error:
            raise refused("inflate_failed") from error
        output += piece
        if len(output) > allowed:
            raise refused("inflate_too_large", found=len(output), expected=allowed)
        pending = inflater.unconsumed_tail
        if not piece and not pending and not inflater.eof:
            raise refused("truncated_file")
    return bytes(output)


def _allowed_bytes(deflated_bytes: int, limits: DecodeLimits) -> int:
    by_ratio = max(deflated_bytes * limits.inflate_ratio, limits.inflate_ratio_free_bytes)
    return min(limits.inflated_bytes, by_ratio)
