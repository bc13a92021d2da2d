"""Compressed frames -> arrays, by imagecodecs. Imported in the decode child only.

The codestream's own size is checked against the DICOM header first, so a small header cannot hide a large image.
"""

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from imaging.dicom.codestream import (
    JPEG_LS_FRAME,
    Codestream,
    jpeg_2000_codestream,
    jpeg_codestream,
    with_more_scan,
)
from imaging.dicom.errors import refused
from imaging.dicom.header import PixelHeader
from imaging.dicom.syntaxes import Codec

_PIXEL_DATA = 0x7FE00010
_BASELINE, _EXTENDED, _LOSSLESS = 0xC0, 0xC1, 0xC3
_FRAME_MARKERS = {
    Codec.JPEG: (_BASELINE, _EXTENDED),
    Codec.JPEG_LOSSLESS: (_LOSSLESS,),
    Codec.JPEG_LS: (JPEG_LS_FRAME,),
    Codec.JPEG_2000: (0x51,),
}
_DECODER_FAULTS = (
    RuntimeError, ValueError, TypeError, NotImplementedError, IndexError, OverflowError, OSError,
)  # fmt: skip


def load_decoders() -> None:
    """imagecodecs loads each codec at first use: a confined child cannot open files, so they are loaded before."""
    for name in ("jpeg8", "jpegsof3", "jpegls", "jpeg2k", "packbits"):
        getattr(imagecodecs, f"{name}_decode")


def decode_compressed(encoded: bytes, codec: Codec, header: PixelHeader) -> tuple[NDArray, bool | None]:
    """One frame as stored, and whether its codestream says that it is YBR (None: it is silent).

    Returns:
        array (rows, columns) or (rows, columns, 3), colour-by-pixel, native byte order, no colour conversion, except
        that JPEG 2000 undoes its own component transform (T.800 annex G).
    Raises:
        RefusedFile: frame_mismatch, frame_undecodable.
    """
    if codec is Codec.RLE:
        return _rle(encoded, header), None
    stream = jpeg_2000_codestream(encoded) if codec is Codec.JPEG_2000 else jpeg_codestream(encoded)
    _check(stream, codec, header)
    array = _run(encoded, codec, stream)
    if codec in (Codec.JPEG, Codec.JPEG_LOSSLESS):
        _check_whole(encoded, array, codec, stream)
    if array.shape != header.frame_shape:
        raise refused("frame_mismatch", tag=_PIXEL_DATA)
    return _typed(array, codec, stream, header), stream.is_ybr


def _check(stream: Codestream, codec: Codec, header: PixelHeader) -> None:
    if stream.frame_marker not in _FRAME_MARKERS[codec]:
        raise refused("frame_undecodable", tag=_PIXEL_DATA)
    if stream.rows != header.rows:
        raise refused("frame_mismatch", tag=0x00280010, found=stream.rows, expected=header.rows)
    if stream.columns != header.columns:
        raise refused("frame_mismatch", tag=0x00280011, found=stream.columns, expected=header.columns)
    if stream.components != header.samples:
        raise refused("frame_mismatch", tag=0x00280002, found=stream.components, expected=header.samples)
    if stream.precision > max(8, header.bits_allocated):
        raise refused("frame_mismatch", tag=0x00280100, found=stream.precision, expected=header.bits_allocated)


def _run(encoded: bytes, codec: Codec, stream: Codestream) -> NDArray:
    try:
        match codec:
            case Codec.JPEG:
                return _jpeg(encoded, stream)
            case Codec.JPEG_LOSSLESS:
                return imagecodecs.jpegsof3_decode(encoded)
            case Codec.JPEG_LS:
                return imagecodecs.jpegls_decode(encoded)
            case _:
                return imagecodecs.jpeg2k_decode(encoded, numthreads=1)
    except _DECODER_FAULTS as error:
        raise refused("frame_undecodable", tag=_PIXEL_DATA) from error


def _check_whole(encoded: bytes, array: NDArray, codec: Codec, stream: Codestream) -> None:
    """JPEG decoders fill missing rows with grey; JPEG-LS and JPEG 2000 decoders refuse by themselves."""
    extended = with_more_scan(encoded)
    if extended is None or not np.array_equal(array, _run(extended, codec, stream)):
        raise refused("pixel_data_truncated", tag=_PIXEL_DATA)


def _jpeg(encoded: bytes, stream: Codestream) -> NDArray:
    if stream.components == 1:
        return imagecodecs.jpeg8_decode(encoded)
    # The same colour space in and out: libjpeg then leaves the components as they are.
    return imagecodecs.jpeg8_decode(encoded, colorspace="YCBCR", outcolorspace="YCBCR")


def _typed(array: NDArray, codec: Codec, stream: Codestream, header: PixelHeader) -> NDArray:
    """The array in the header's type; sign made what PixelRepresentation says, from the codestream's precision."""
    dtype = header.dtype.newbyteorder("=")
    if codec is Codec.JPEG_LOSSLESS or codec is Codec.JPEG:
        return array.astype(dtype, copy=False)
    if stream.signed == header.signed:
        return array.astype(dtype, copy=False)
    shift = 8 * dtype.itemsize - stream.precision
    wide = array.astype(dtype)
    return np.right_shift(np.left_shift(wide, shift), shift) if shift > 0 else wide


def _rle(encoded: bytes, header: PixelHeader) -> NDArray:
    """PS3.5 annex G: one PackBits segment for every byte of every sample, most significant first."""
    segments = _rle_segments(encoded, header)
    bytes_per_sample = header.dtype.itemsize
    planes = np.empty((header.samples, bytes_per_sample, header.pixels), np.uint8)
    for number, segment in enumerate(segments):
        sample, byte = divmod(number, bytes_per_sample)
        planes[sample, byte] = _unpacked(segment, header.pixels)
    samples = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(header.dtype.newbyteorder(">"))
    frame = samples.reshape(header.samples, header.rows, header.columns).astype(header.dtype.newbyteorder("="))
    return frame[0] if header.samples == 1 else np.ascontiguousarray(frame.transpose(1, 2, 0))


def _rle_segments(encoded: bytes, header: PixelHeader) -> list[bytes]:
    expected = header.samples * header.dtype.itemsize
    if len(encoded) < 64:
        raise refused("frame_undecodable", tag=_PIXEL_DATA)
    count, *offsets = np.frombuffer(encoded, "<u4", 16).tolist()
    if count != expected:
        raise refused("frame_mismatch", tag=_PIXEL_DATA, found=count, expected=expected)
    bounds = [*offsets[:count], len(encoded)]
    if bounds[0] != 64 or any(first >= last for first, last in zip(bounds, bounds[1:], strict=False)):
        raise refused("frame_undecodable", tag=_PIXEL_DATA)
    return [encoded[first:last] for first, last in zip(bounds, bounds[1:], strict=False)]


def _unpacked(segment: bytes, pixels: int) -> NDArray[np.uint8]:
    try:
        unpacked = imagecodecs.packbits_decode(segment)
    except _DECODER_FAULTS as error:
        raise refused("frame_undecodable", tag=_PIXEL_DATA) from error
    if len(unpacked) < pixels:
        raise refused("frame_undecodable", tag=_PIXEL_DATA, found=len(unpacked), expected=pixels)
    return np.frombuffer(unpacked, np.uint8, pixels)
