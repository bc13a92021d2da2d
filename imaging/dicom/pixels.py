"""Stored values -> grey in [0, 1] as displayed: modality LUT, then VOI LUT, then MONOCHROME1 inversion.

Source: DICOM PS3.3 C.11.1, C.11.2 and PS3.4 N.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut

from imaging.dicom.errors import refused
from imaging.dicom.header import PixelHeader
from imaging.dicom.luts import LookupTable
from imaging.dicom.part10 import HEADER_FAULTS
from imaging.dicom.stored import row_blocks
from imaging.dicom.transforms import GreyTransforms, Rescale
from imaging.dicom.windows import Window

_RED, _GREEN, _BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)
# Channels closer than this (of the full range) are a grey picture that a lossy codec has touched.
_GREY_TOLERANCE = 0.06
_COLOUR_FRACTION = 0.001
_PALETTE_DESCRIPTOR = 0x00281101


@dataclass(frozen=True, slots=True)
class GreyFrame:
    """float32 (rows, columns) in [0, 1], and whether the stored frame really is colour."""

    grey: NDArray[np.float32] = field(repr=False)
    is_colour: bool = False


@dataclass(frozen=True, slots=True)
class _Curve:
    """Stored values -> grey, for one frame.

    Attributes:
        low, high: modality values that become 0 and 1 where no VOI applies.
    """

    transforms: GreyTransforms
    voi: Window | LookupTable | None
    low: float
    high: float

    def grey(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        modality = self.transforms.modality.apply(values)
        if self.voi is None:
            grey = self._full_range(modality)
        elif isinstance(self.voi, LookupTable):
            grey = self.voi.apply(np.nan_to_num(modality)) / max(2**self.voi.bits - 1, float(self.voi.entries.max()))
        else:
            grey = self.voi.apply(modality)
        grey = np.nan_to_num(1 - grey if self.transforms.inverted else grey)
        grey[_is_padding(values, self.transforms)] = 0.0
        return grey.astype(np.float32)

    def _full_range(self, modality: NDArray[np.float64]) -> NDArray[np.float64]:
        """A frame of one value becomes 0."""
        if self.low >= self.high:
            return np.zeros(modality.shape)
        # Halved, as the distance of two finite doubles may not be finite.
        return np.clip((modality / 2 - self.low / 2) / (self.high / 2 - self.low / 2), 0, 1)


def grey_from_monochrome(
    stored: NDArray, transforms: GreyTransforms, window: tuple[float, float] | None = None
) -> GreyFrame:
    """One monochrome frame as displayed.

    Args:
        stored: (rows, columns), integers or floats.
        window: centre and width in modality values; replaces the VOI of the header (LINEAR).
    """
    voi = Window(window[0], max(window[1], 1.0)) if window is not None else transforms.voi
    few_values = stored.dtype.kind != "f" and stored.dtype.itemsize <= 2
    return GreyFrame(_by_table(stored, transforms, voi) if few_values else _by_value(stored, transforms, voi))


def _by_table(stored: NDArray, transforms: GreyTransforms, voi: Window | LookupTable | None) -> NDArray[np.float32]:
    """At most 65,536 bit patterns: each is transformed once, exactly, and looked up for every pixel."""
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    unsigned = np.dtype(f"u{native.dtype.itemsize}")
    values = np.arange(2 ** (8 * unsigned.itemsize), dtype=unsigned).view(native.dtype)
    present = _values_for_range(native, values, transforms) if voi is None else values[:0]
    table = _Curve(transforms, voi, *_image_range([present], transforms)).grey(values.astype(np.float64))
    grey = np.empty(native.shape, np.float32)
    for block in row_blocks(native):
        np.take(table, native[block].view(unsigned), out=grey[block], mode="clip")
    return grey


def _values_for_range(stored: NDArray, values: NDArray, transforms: GreyTransforms) -> NDArray:
    """Values that include those of the lowest and highest modality value: the extremes, where that is enough."""
    if transforms.padding is None and isinstance(transforms.modality, Rescale):
        return np.array([stored.min(), stored.max()])
    present = np.zeros(len(values), np.bool_)
    for block in row_blocks(stored):
        present[stored[block].view(f"u{stored.dtype.itemsize}")] = True
    return values[present]


def _by_value(stored: NDArray, transforms: GreyTransforms, voi: Window | LookupTable | None) -> NDArray[np.float32]:
    blocks = row_blocks(stored)
    curve = _Curve(transforms, voi, *_image_range((stored[block] for block in blocks), transforms))
    grey = np.empty(stored.shape, np.float32)
    for block in blocks:
        grey[block] = curve.grey(stored[block].astype(np.float64))
    return grey


def _image_range(parts: Iterable[NDArray], transforms: GreyTransforms) -> tuple[float, float]:
    """Lowest and highest modality value of the image, padding left out; (0, 0) when nothing is left."""
    extremes: list[float] = []
    for part in parts:
        values = part.astype(np.float64)
        image = values[~_is_padding(values, transforms) & np.isfinite(values)]
        if image.size:
            modality = transforms.modality.apply(image)
            extremes += [float(modality.min()), float(modality.max())]
    return (min(extremes), max(extremes)) if extremes else (0.0, 0.0)


def _is_padding(values: NDArray[np.float64], transforms: GreyTransforms) -> NDArray[np.bool_]:
    """Padding is shown black (PS3.3 C.7.5.1.1.2), whatever the photometric interpretation."""
    if transforms.padding is None:
        return np.zeros(values.shape, np.bool_)
    first, last = transforms.padding
    return (values >= first) & (values <= last)


def grey_from_rgb(stored: NDArray, maximum: float, window: tuple[float, float] | None = None) -> GreyFrame:
    """Luminance of an RGB frame (ITU-R BT.601 weights).

    Args:
        stored: (rows, columns, 3), unsigned.
        maximum: the stored value of full intensity.
        window: centre and width in stored values.
    """
    grey = np.empty(stored.shape[:2], np.float32)
    coloured = 0
    for block in row_blocks(stored):
        red, green, blue = (stored[block][..., channel] for channel in range(3))
        spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
        coloured += int(np.count_nonzero(spread > _GREY_TOLERANCE * maximum))
        luminance = _RED * red + _GREEN * green + _BLUE * blue
        grey[block] = np.clip(luminance / maximum, 0, 1) if window is None else _windowed(luminance, window)
    return GreyFrame(grey, coloured > _COLOUR_FRACTION * grey.size)


def _windowed(values: NDArray, window: tuple[float, float]) -> NDArray[np.float64]:
    return np.nan_to_num(Window(window[0], max(window[1], 1.0)).apply(values.astype(np.float64)))


def rgb_from_palette(stored: NDArray, dataset: Dataset, header: PixelHeader) -> tuple[NDArray, float]:
    """Palette colour -> RGB and its full intensity. PS3.3 C.7.6.3.1.5-6, C.7.9.

    Raises:
        RefusedFile: lut_invalid.
    """
    try:
        rgb = apply_color_lut(stored.astype(header.dtype.newbyteorder("=")), dataset)
    except HEADER_FAULTS as error:
        raise refused("lut_invalid", tag=_PALETTE_DESCRIPTOR) from error
    return rgb, float(np.iinfo(rgb.dtype).max)
