"""Uncompressed frames -> arrays. Source: DICOM PS3.5 section 8, PS3.3 C.7.6.3.1.2."""

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.errors import refused
from imaging.dicom.header import PixelHeader
from imaging.dicom.walk import PixelElement

_PIXEL_DATA = 0x7FE00010


def check_native_length(pixels: PixelElement, header: PixelHeader) -> bool:
    """Compare the pixel data with what the header says.

    Returns:
        True when there is more than the padding byte behind the last frame.
    Raises:
        RefusedFile: pixel_data_length, pixel_data_short.
    """
    if pixels.stated_length is None:
        raise refused("pixel_data_length", tag=_PIXEL_DATA)
    expected = -(-header.frame_bits * header.number_of_frames // 8)
    if pixels.length < expected:
        raise refused("pixel_data_short", tag=_PIXEL_DATA, found=pixels.length, expected=expected)
    return pixels.length > expected + 1


def native_frame(data: memoryview, pixels: PixelElement, header: PixelHeader, index: int) -> NDArray:
    """One frame as stored, colour-by-pixel, in the byte order of the file: (rows, columns) or (rows, columns, 3)."""
    value = data[pixels.value : pixels.value + pixels.length]
    if header.bits_allocated == 1:
        return _unpacked(value, header, index)
    size = header.frame_bits // 8
    if header.bits_allocated == 8 and pixels.vr == "OW" and not header.little:
        flat = _swapped(value, index * size, size).view(header.dtype)
    else:
        flat = np.frombuffer(value[index * size : (index + 1) * size], header.dtype)
    return _shaped(flat, header)


def _unpacked(value: memoryview, header: PixelHeader, index: int) -> NDArray[np.uint8]:
    """Bits, least significant first; a frame may start inside a byte."""
    first = index * header.pixels
    packed = np.frombuffer(value[first // 8 : -(-(first + header.pixels) // 8)], np.uint8)
    bits = np.unpackbits(packed, bitorder="little")
    return bits[first % 8 : first % 8 + header.pixels].reshape(header.rows, header.columns)


def _swapped(value: memoryview, start: int, size: int) -> NDArray[np.uint8]:
    """Big-endian 8-bit samples in 16-bit words: the bytes of each word change places."""
    odd = start % 2
    words = np.frombuffer(value[start - odd : start + size + (start + size) % 2], "u2").byteswap()
    return words.view(np.uint8)[odd : odd + size]


def _shaped(flat: NDArray, header: PixelHeader) -> NDArray:
    if header.photometric_interpretation == "YBR_FULL_422":
        return _expanded_422(flat, header)
    if header.planar:
        planes = flat.reshape(header.samples, header.rows, header.columns)
        return np.ascontiguousarray(planes.transpose(1, 2, 0))
    return flat.reshape(header.frame_shape)


def _expanded_422(flat: NDArray, header: PixelHeader) -> NDArray:
    """Y1 Y2 B R -> Y1 B R, Y2 B R."""
    pairs = flat.reshape(-1, 4)
    output = np.empty((len(pairs), 2, 3), flat.dtype)
    output[:, :, 0] = pairs[:, :2]
    output[:, :, 1] = pairs[:, 2:3]
    output[:, :, 2] = pairs[:, 3:4]
    return output.reshape(header.frame_shape)
