"""Stored values -> grey in [0, 1] as displayed: modality LUT, then VOI LUT, then MONOCHROME1 inversion.

Source: DICOM PS3.3 C.11.1, C.11.2 and PS3.4 N.2.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut

from imaging.dicom.errors import refused
from imaging.dicom.header import PixelHeader
from imaging.dicom.luts import LookupTable
from imaging.dicom.part10 import HEADER_FAULTS
from imaging.dicom.transforms import GreyTransforms
from imaging.dicom.windows import Window

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
# Channels closer than this (of the full range) are a grey picture that a lossy codec has touched.
_GREY_TOLERANCE = 0.06
_COLOUR_FRACTION = 0.001
_PALETTE_DESCRIPTOR = 0x00281101


@dataclass(frozen=True, slots=True)
class GreyFrame:
    """float32 (rows, columns) in [0, 1], and whether the stored frame really is colour."""

    grey: NDArray[np.float32] = field(repr=False)
    is_colour: bool = False


def grey_from_monochrome(
    stored: NDArray, transforms: GreyTransforms, window: tuple[float, float] | None = None
) -> GreyFrame:
    """One monochrome frame as displayed.

    Args:
        stored: (rows, columns), integers or floats.
        window: centre and width in modality values; replaces the VOI of the header (LINEAR).
    """
    if stored.dtype.kind == "f" or stored.dtype.itemsize > 2:
        values = np.asarray(stored, np.float64)
        return GreyFrame(_displayed(values, values, transforms, window))
    return GreyFrame(_by_table(stored, transforms, window))


def _by_table(stored: NDArray, transforms: GreyTransforms, window: tuple[float, float] | None) -> NDArray[np.float32]:
    """At most 65,536 different values: each is transformed once, exactly, and looked up for every pixel."""
    low = int(stored.min())
    offsets = stored.astype(np.int32) - low
    present = np.flatnonzero(np.bincount(offsets.ravel())) + low
    values = np.arange(low, int(stored.max()) + 1, dtype=np.float64)
    return _displayed(values, present.astype(np.float64), transforms, window)[offsets]


def _displayed(
    values: NDArray[np.float64],
    present: NDArray[np.float64],
    transforms: GreyTransforms,
    window: tuple[float, float] | None,
) -> NDArray[np.float32]:
    """Grey of `values`; the range comes from `present`, those that occur in the frame, when there is no VOI."""
    is_padding = _is_padding(values, transforms)
    modality = transforms.modality.apply(values)
    voi = Window(window[0], max(window[1], 1.0)) if window is not None else transforms.voi
    if voi is None:
        image = present[~_is_padding(present, transforms) & np.isfinite(present)]
        grey = _full_range(modality, transforms.modality.apply(image))
    elif isinstance(voi, LookupTable):
        grey = voi.apply(np.nan_to_num(modality)) / max(2**voi.bits - 1, float(voi.entries.max()))
    else:
        grey = voi.apply(modality)
    grey = np.nan_to_num(1 - grey if transforms.inverted else grey)
    grey[is_padding] = 0.0
    return grey.astype(np.float32)


def _is_padding(values: NDArray[np.float64], transforms: GreyTransforms) -> NDArray[np.bool_]:
    """Padding is shown black (PS3.3 C.7.5.1.1.2), whatever the photometric interpretation."""
    if transforms.padding is None:
        return np.zeros(values.shape, np.bool_)
    first, last = transforms.padding
    return (values >= first) & (values <= last)


def _full_range(values: NDArray[np.float64], image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lowest image value -> 0, highest -> 1; a frame of one value -> 0."""
    if image.size == 0 or image.min() == image.max():
        return np.zeros(values.shape)
    low, high = float(image.min()), float(image.max())
    # Halved, as the distance of two finite doubles may not be finite.
    return np.clip((values / 2 - low / 2) / (high / 2 - low / 2), 0, 1)


def grey_from_rgb(stored: NDArray, maximum: float, window: tuple[float, float] | None = None) -> GreyFrame:
    """Luminance of an RGB frame (ITU-R BT.601 weights).

    Args:
        stored: (rows, columns, 3), unsigned.
        maximum: the stored value of full intensity.
        window: centre and width in stored values.
    """
    channels = stored.astype(np.float32)
    spread = channels.max(axis=2) - channels.min(axis=2)
    is_colour = bool(np.mean(spread > _GREY_TOLERANCE * maximum) > _COLOUR_FRACTION)
    luminance = channels @ _LUMINANCE
    if window is None:
        grey = np.clip(luminance / maximum, 0, 1)
    else:
        grey = Window(window[0], max(window[1], 1.0)).apply(luminance.astype(np.float64))
    return GreyFrame(grey.astype(np.float32), is_colour)


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
