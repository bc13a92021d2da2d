"""Encapsulated pixel data: which fragments make up which frame. Source: DICOM PS3.5 annex A.4."""

from collections.abc import Sequence
from struct import unpack_from

from imaging.dicom.errors import refused
from imaging.dicom.walk import PixelElement

_PIXEL_DATA = 0x7FE00010
_NUMBER_OF_FRAMES = 0x00280008
_END_OF_IMAGE = b"\xff\xd9"

Fragment = tuple[int, int]


def group_fragments(data: memoryview, pixels: PixelElement, number_of_frames: int) -> list[list[Fragment]]:
    """The fragments of every frame, in order.

    Raises:
        RefusedFile: pixel_data_truncated when the sequence is not closed or holds no fragment, frame_count_mismatch.
    """
    if not pixels.complete or len(pixels.fragments) < 2:
        raise refused("pixel_data_truncated", tag=_PIXEL_DATA)
    table, *fragments = pixels.fragments
    if number_of_frames == 1:
        return [fragments]
    if len(fragments) == number_of_frames:
        return [[fragment] for fragment in fragments]
    offsets = _basic_offsets(data, table)
    groups = _by_offset(fragments, offsets) if offsets else _by_end_of_image(data, fragments)
    if len(groups) != number_of_frames:
        raise refused("frame_count_mismatch", tag=_NUMBER_OF_FRAMES, found=len(groups), expected=number_of_frames)
    return groups


def frame_bytes(data: memoryview, fragments: Sequence[Fragment]) -> bytes:
    """The compressed bytes of one frame."""
    return b"".join(data[start : start + length] for start, length in fragments)


def _basic_offsets(data: memoryview, table: Fragment) -> list[int]:
    start, length = table
    return list(unpack_from(f"<{length // 4}I", data, start))


def _by_offset(fragments: Sequence[Fragment], offsets: Sequence[int]) -> list[list[Fragment]]:
    """Offsets count from the first byte of the first fragment's item tag."""
    origin = fragments[0][0] - 8
    starts = set(offsets)
    groups: list[list[Fragment]] = []
    for fragment in fragments:
        if fragment[0] - 8 - origin in starts or not groups:
            groups.append([])
        groups[-1].append(fragment)
    return groups


def _by_end_of_image(data: memoryview, fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Without an offset table a frame ends with the fragment that ends with EOI (JPEG, JPEG-LS) or EOC (JPEG 2000)."""
    groups: list[list[Fragment]] = [[]]
    for start, length in fragments:
        groups[-1].append((start, length))
        tail = bytes(data[max(start, start + length - 16) : start + length]).rstrip(b"\0")
        if tail.endswith(_END_OF_IMAGE):
            groups.append([])
    return [group for group in groups if group]
