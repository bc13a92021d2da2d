"""The Image Pixel module, validated before anything is decoded. Source: DICOM PS3.3 C.7.6.3, PS3.5 section 8."""

from dataclasses import dataclass

import numpy as np
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from imaging.dicom.errors import refused
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.part10 import HEADER_FAULTS, Part10
from imaging.dicom.syntaxes import Codec

_GREY = ("MONOCHROME1", "MONOCHROME2")
_ONE_SAMPLE = (*_GREY, "PALETTE COLOR")
_THREE_SAMPLES = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_420")
_BITS_ALLOCATED = (1, 8, 16, 32, 64)
_FLOAT_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}


@dataclass(frozen=True, slots=True)
class PixelHeader:
    """How the pixels are stored.

    Attributes:
        signed: PixelRepresentation 1.
        planar: colour-by-plane.
        dtype: of one stored sample, byte order included.
    """

    keyword: str
    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    planar: bool
    photometric_interpretation: str
    number_of_frames: int
    dtype: np.dtype
    little: bool = True

    @property
    def pixels(self) -> int:
        return self.rows * self.columns

    @property
    def frame_shape(self) -> tuple[int, ...]:
        return (self.rows, self.columns) if self.samples == 1 else (self.rows, self.columns, self.samples)

    @property
    def frame_bits(self) -> int:
        """Bits of one native frame; YBR_FULL_422 stores two samples a pixel (PS3.3 C.7.6.3.1.2)."""
        samples = 2 if self.photometric_interpretation == "YBR_FULL_422" else self.samples
        return self.pixels * samples * self.bits_allocated


def pixel_header(part10: Part10, limits: DecodeLimits) -> PixelHeader:
    """Read and check the module.

    Raises:
        RefusedFile: no_pixel_data, pixel_header_missing, pixel_header_invalid, unsupported_pixel_format,
        too_many_pixels, too_many_frames, decoded_too_large.
    """
    if part10.pixels is None:
        raise refused("no_pixel_data", tag=0x7FE00010)
    header = _read(part10, part10.pixels.keyword)
    _check_combination(header, part10)
    _check_limits(header, limits)
    return header


def _read(part10: Part10, keyword: str) -> PixelHeader:
    dataset = part10.dataset
    is_float = keyword in _FLOAT_BITS
    samples = required_integer(dataset, "SamplesPerPixel", (1, 3))
    photometric = _photometric(dataset, samples)
    rows = required_integer(dataset, "Rows", range(1, 65536))
    columns = required_integer(dataset, "Columns", range(1, 65536))
    allocated = required_integer(dataset, "BitsAllocated", (_FLOAT_BITS[keyword],) if is_float else _BITS_ALLOCATED)
    stored = allocated if is_float else required_integer(dataset, "BitsStored", range(1, allocated + 1))
    signed = not is_float and required_integer(dataset, "PixelRepresentation", (0, 1)) == 1
    planar = samples == 3 and optional_integer(dataset, "PlanarConfiguration", (0, 1), default=0) == 1
    frames = optional_integer(dataset, "NumberOfFrames", range(1, 2**31), default=1)
    dtype = _dtype(keyword, allocated, signed=signed, little=part10.syntax.little)
    return PixelHeader(
        keyword,
        rows,
        columns,
        samples,
        allocated,
        stored,
        signed,
        planar,
        photometric,
        frames,
        dtype,
        part10.syntax.little,
    )


def _dtype(keyword: str, bits_allocated: int, *, signed: bool, little: bool) -> np.dtype:
    integer = "i" if signed and bits_allocated > 1 else "u"
    kind = "f" if keyword in _FLOAT_BITS else integer
    return np.dtype(f"{'<' if little else '>'}{kind}{max(1, bits_allocated // 8)}")


def _photometric(dataset: Dataset, samples: int) -> str:
    keyword = "PhotometricInterpretation"
    value = _value(dataset, keyword)
    if value is None:
        raise refused("pixel_header_missing", tag=tag_for_keyword(keyword))
    text = str(value).strip().upper()
    if text not in _ONE_SAMPLE and text not in _THREE_SAMPLES:
        raise refused("pixel_header_invalid", tag=tag_for_keyword(keyword))
    if (samples == 1) != (text in _ONE_SAMPLE):
        raise refused("pixel_header_invalid", tag=tag_for_keyword("SamplesPerPixel"), found=samples)
    return text


def _value(dataset: Dataset, keyword: str) -> object | None:
    """The value of an element, None when it is missing or empty."""
    try:
        value = dataset.get(keyword)
    except HEADER_FAULTS as error:
        raise refused("pixel_header_invalid", tag=tag_for_keyword(keyword)) from error
    return None if value in (None, "") else value


def required_integer(dataset: Dataset, keyword: str, allowed: range | tuple[int, ...]) -> int:
    """An element that must be there, with one of the allowed values."""
    value = _value(dataset, keyword)
    if value is None:
        raise refused("pixel_header_missing", tag=tag_for_keyword(keyword))
    # A plain int: a range looks through all its members for a subclass such as pydicom's IS.
    number = int(value) if isinstance(value, int) else None
    if number is None or number not in allowed:
        raise refused("pixel_header_invalid", tag=tag_for_keyword(keyword), found=number)
    return number


def optional_integer(dataset: Dataset, keyword: str, allowed: range | tuple[int, ...], *, default: int) -> int:
    """The same for an element that may be missing or empty."""
    return default if _value(dataset, keyword) is None else required_integer(dataset, keyword, allowed)


def is_high_bit_plain(dataset: Dataset, header: PixelHeader) -> bool:
    """PS3.3 C.7.6.3.1: High Bit is one less than Bits Stored. Some writers say otherwise and mean the same."""
    if header.keyword != "PixelData" or _value(dataset, "HighBit") is None:
        return True
    return optional_integer(dataset, "HighBit", range(65536), default=0) == header.bits_stored - 1


def _check_combination(header: PixelHeader, part10: Part10) -> None:
    codec = part10.syntax.codec
    packed = header.bits_allocated == 1
    unsupported = (
        (packed and (header.samples != 1 or codec not in (Codec.NATIVE, Codec.JPEG_2000)))
        or (header.keyword != "PixelData" and codec is not Codec.NATIVE)
        or (header.samples == 3 and header.signed)
        or header.photometric_interpretation == "YBR_PARTIAL_420"
        or (codec not in (Codec.NATIVE, Codec.RLE) and header.bits_allocated > 16)
        or (codec is Codec.NATIVE and header.photometric_interpretation in ("YBR_ICT", "YBR_RCT"))
        or (header.photometric_interpretation.startswith("YBR") and header.bits_allocated != 8)
        or (codec is Codec.NATIVE and header.photometric_interpretation == "YBR_FULL_422" and header.columns % 2 == 1)
    )
    if unsupported:
        raise refused("unsupported_pixel_format", tag=tag_for_keyword("PhotometricInterpretation"))


def _check_limits(header: PixelHeader, limits: DecodeLimits) -> None:
    if header.pixels > limits.pixels_per_frame:
        tag = tag_for_keyword("Rows")
        raise refused("too_many_pixels", tag=tag, found=header.pixels, expected=limits.pixels_per_frame)
    if header.number_of_frames > limits.frames:
        tag = tag_for_keyword("NumberOfFrames")
        raise refused("too_many_frames", tag=tag, found=header.number_of_frames, expected=limits.frames)
    decoded = header.pixels * header.samples * header.dtype.itemsize * header.number_of_frames
    if decoded > limits.decoded_bytes:
        tag = tag_for_keyword("NumberOfFrames")
        raise refused("decoded_too_large", tag=tag, found=decoded, expected=limits.decoded_bytes)
