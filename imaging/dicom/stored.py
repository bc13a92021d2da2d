"""The stored pixel array of one frame, as pydicom.pixels.pixel_array defines it.

Source: DICOM PS3.5 section 8, PS3.3 C.7.6.3.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels import convert_color_space

from imaging.dicom.codecs import decode_compressed
from imaging.dicom.errors import refused
from imaging.dicom.frames import Fragment, frame_bytes, group_fragments
from imaging.dicom.header import PixelHeader
from imaging.dicom.native import check_native_length, native_frame
from imaging.dicom.part10 import Part10
from imaging.dicom.syntaxes import Codec
from imaging.dicom.walk import PixelElement

_BLOCK_PIXELS = 1024 * 1024
_SIGN_BY_CODESTREAM = (Codec.JPEG_LS, Codec.JPEG_2000)


@dataclass(frozen=True, slots=True, repr=False)
class PixelSource:
    """Where each frame lies.

    Attributes:
        groups: fragments of each frame; empty for native data.
        excess: native data is longer than the header says.
    """

    part10: Part10
    header: PixelHeader
    pixels: PixelElement
    groups: tuple[tuple[Fragment, ...], ...] = ()
    excess: bool = False


def pixel_source(part10: Part10, header: PixelHeader) -> PixelSource:
    """Check the length of the pixel data and find its frames.

    Raises:
        RefusedFile: pixel_data_short, pixel_data_length, pixel_data_truncated, frame_count_mismatch.
    """
    pixels = part10.pixels
    if pixels is None:
        raise refused("no_pixel_data", tag=0x7FE00010)
    if not part10.syntax.encapsulated:
        return PixelSource(part10, header, pixels, excess=check_native_length(pixels, header))
    groups = group_fragments(part10.data, pixels, header.number_of_frames)
    return PixelSource(part10, header, pixels, tuple(tuple(group) for group in groups))


def stored_frame(source: PixelSource, index: int) -> NDArray:
    """Frame `index` (0-based): (rows, columns), or (rows, columns, 3) with YBR_FULL and YBR_FULL_422 turned into RGB.

    Raises:
        RefusedFile: frame_out_of_range, frame_mismatch, frame_undecodable.
    """
    header = source.header
    if not 0 <= index < header.number_of_frames:
        raise refused("frame_out_of_range", found=index, expected=header.number_of_frames)
    if source.groups:
        encoded = frame_bytes(source.part10.data, source.groups[index])
        array, is_ybr = decode_compressed(encoded, source.part10.syntax.codec, header)
    else:
        array, is_ybr = native_frame(source.part10.data, source.pixels, header, index), None
    if source.part10.syntax.codec not in _SIGN_BY_CODESTREAM:
        array = _without_unused_bits(array, header)
    return _as_rgb(array, header, is_ybr)


def row_blocks(array: NDArray) -> list[slice]:
    """Slices of rows of about a million pixels: temporary arrays stay small however large the frame is."""
    rows, columns = array.shape[:2]
    step = max(1, _BLOCK_PIXELS // columns)
    return [slice(first, first + step) for first in range(0, rows, step)]


def pixel_sha256(array: NDArray) -> str:
    """SHA-256 of the array's bytes in C order, in its own byte order."""
    return hashlib.sha256(np.ascontiguousarray(array).view(np.uint8).data).hexdigest()


def _without_unused_bits(array: NDArray, header: PixelHeader) -> NDArray:
    """PS3.5 8.1.1: the bits above BitsStored mean nothing; shifting them out also extends the sign."""
    shift = header.bits_allocated - header.bits_stored
    if shift == 0 or header.keyword != "PixelData":
        return array
    return np.right_shift(np.left_shift(array, shift), shift).astype(array.dtype, copy=False)


def _as_rgb(array: NDArray, header: PixelHeader, is_ybr: bool | None) -> NDArray:
    """Where a JPEG codestream names its colour space, it is believed; otherwise PhotometricInterpretation is."""
    if array.ndim == 2:
        return array
    if is_ybr is None:
        is_ybr = header.photometric_interpretation in ("YBR_FULL", "YBR_FULL_422")
    if not is_ybr:
        return array
    rgb = np.empty_like(array)
    for block in row_blocks(array):
        rgb[block] = convert_color_space(array[block], "YBR_FULL", "RGB")
    return rgb
