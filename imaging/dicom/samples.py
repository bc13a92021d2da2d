"""A frame for a viewer that windows by itself: samples, and what turns them into grey.

grey = window(slope * sample + intercept), then 1 - grey when `inverted`; the window is a formula of PS3.3 C.11.2. A
header's VOI LUT Sequence is applied already: then the samples are its values. Samples that stand for padding lie at
the end of the range that the header's window shows black.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.luts import LookupTable
from imaging.dicom.stored import row_blocks
from imaging.dicom.transforms import GreyTransforms, Rescale
from imaging.dicom.values import SQUARE
from imaging.dicom.windows import Window

_TOP = 65535
_WIDTHS_KEPT = 4
"""Values that 16 bits cannot all tell apart are kept this many window widths around the header's window."""


@dataclass(frozen=True, slots=True)
class FrameSamples:
    """One frame.

    Attributes:
        data: uint8 or uint16 (rows, columns), or uint8 (rows, columns, 3).
        slope, intercept: modality value = slope * sample + intercept. 1 and 0 for colour and after a VOI LUT.
        voi: the header's window in modality values; of samples after a VOI LUT, the range of its entries.
        voi_kind: "window", "table" (a VOI LUT was applied) or "range" (the header has no VOI: lowest to highest value).
        inverted: MONOCHROME1: grey is inverted after the window.
        low, high: modality values of the image, padding left out.
        exact: every modality value is kept; False where more than 65,536 of them had to be rounded.
        pixel_aspect: height / width of a pixel (imaging/dicom/aspect.py).
    """

    data: NDArray = field(repr=False)
    slope: float
    intercept: float
    voi: Window
    voi_kind: str
    inverted: bool
    low: float
    high: float
    exact: bool
    pixel_aspect: float = SQUARE


def samples_from_monochrome(stored: NDArray, transforms: GreyTransforms) -> FrameSamples:
    """One monochrome frame.

    Args:
        stored: (rows, columns), integers or floats.
    """
    padding = _is_padding(stored, transforms)
    if isinstance(transforms.voi, LookupTable) or isinstance(transforms.modality, LookupTable):
        return _from_tables(stored, transforms, padding)
    return _from_rescale(stored, transforms, transforms.modality, padding)


def samples_from_rgb(stored: NDArray, maximum: float) -> FrameSamples:
    """One colour frame, 8 bits a channel; a frame whose channels are all equal is grey.

    Args:
        stored: (rows, columns, 3), unsigned.
        maximum: the stored value of full intensity.
    """
    if np.array_equal(stored[..., 0], stored[..., 1]) and np.array_equal(stored[..., 0], stored[..., 2]):
        grey = np.ascontiguousarray(stored[..., 0]).astype(stored.dtype.newbyteorder("="), copy=False)
        return FrameSamples(grey, 1.0, 0.0, _between(0.0, maximum), "range", False, 0.0, maximum, True)
    data = stored if stored.dtype == np.uint8 and maximum == 255 else _in_8_bits(stored, maximum)
    return FrameSamples(np.ascontiguousarray(data), 1.0, 0.0, _between(0.0, 255.0), "range", False, 0.0, 255.0, True)


def samples_from_grey(stored: NDArray) -> FrameSamples:
    """One grey frame of a PNG or JPEG file: 8 bits span 0 to 255, 16 bits their own range."""
    plain = GreyTransforms(Rescale(), None, None, inverted=False, notices=())
    if stored.dtype != np.uint8:
        return samples_from_monochrome(stored, plain)
    return FrameSamples(np.ascontiguousarray(stored), 1.0, 0.0, _between(0.0, 255.0), "range", False, 0.0, 255.0, True)


def _from_rescale(
    stored: NDArray, transforms: GreyTransforms, rescale: Rescale, padding: NDArray[np.bool_] | None
) -> FrameSamples:
    low, high = _extremes(stored, padding)
    black_is_high = transforms.inverted != (rescale.slope < 0)
    if stored.dtype.kind == "f" or high - low > _TOP:
        low, high = _kept(low, high, transforms.voi, rescale)
        data, step, first = _rounded(stored, low, high), (high - low) / _TOP, low
        exact = False
    else:
        data, first = _shifted(stored, int(low), int(high), at_top=padding is not None and not black_is_high)
        step, exact = 1.0, True
    not_image = padding if stored.dtype.kind != "f" else ~np.isfinite(stored)
    data = _with_padding(data, not_image, black=_TOP if black_is_high else 0)
    slope, intercept = rescale.slope * step, rescale.slope * first + rescale.intercept
    ends = sorted((rescale.slope * low + rescale.intercept, rescale.slope * high + rescale.intercept))
    return _described(data, slope, intercept, transforms, (ends[0], ends[1]), exact=exact)


def _from_tables(stored: NDArray, transforms: GreyTransforms, padding: NDArray[np.bool_] | None) -> FrameSamples:
    """After the modality LUT, and after the VOI LUT where there is one."""
    data = np.empty(stored.shape, np.uint16)
    for block in row_blocks(stored):
        data[block] = _through_tables(stored[block].astype(np.float64), transforms)
    low, high = _extremes(data, padding)
    data = _with_padding(data, padding, black=_TOP if transforms.inverted else 0)
    return _described(data, 1.0, 0.0, transforms, (low, high), exact=True)


def _through_tables(values: NDArray[np.float64], transforms: GreyTransforms) -> NDArray[np.float64]:
    modality = transforms.modality.apply(values)
    return transforms.voi.apply(np.nan_to_num(modality)) if isinstance(transforms.voi, LookupTable) else modality


def _described(
    data: NDArray,
    slope: float,
    intercept: float,
    transforms: GreyTransforms,
    ends: tuple[float, float],
    *,
    exact: bool,
) -> FrameSamples:
    voi, kind = transforms.voi, "window"
    if isinstance(voi, LookupTable):
        voi, kind = _between(0.0, max(2.0**voi.bits - 1, float(voi.entries.max()))), "table"
    elif voi is None:
        voi, kind = _between(*ends), "range"
    return FrameSamples(data, slope, intercept, voi, kind, transforms.inverted, *ends, exact)


def _between(low: float, high: float) -> Window:
    """The window that shows low black and high white; a frame of one value is black."""
    return Window(low + (high - low) / 2, high - low, "LINEAR_EXACT") if low < high else Window(low + 1, 1.0)


def _is_padding(stored: NDArray, transforms: GreyTransforms) -> NDArray[np.bool_] | None:
    if transforms.padding is None:
        return None
    first, last = transforms.padding
    found = (stored >= first) & (stored <= last)
    return found if found.any() else None


def _extremes(stored: NDArray, padding: NDArray[np.bool_] | None) -> tuple[float, float]:
    """(0, 0) when no pixel is image."""
    if stored.dtype.kind == "f":
        padding = ~np.isfinite(stored)
    image = stored if padding is None else stored[~padding]
    return (float(image.min()), float(image.max())) if image.size else (0.0, 0.0)


def _kept(low: float, high: float, voi: Window | LookupTable | None, rescale: Rescale) -> tuple[float, float]:
    """The stored values between which 65,536 steps are spread."""
    if isinstance(voi, Window):
        around = [voi.centre - _WIDTHS_KEPT * voi.width, voi.centre + _WIDTHS_KEPT * voi.width]
        first, last = sorted((value - rescale.intercept) / rescale.slope for value in around)
        if max(low, first) < min(high, last):
            low, high = max(low, first), min(high, last)
    return low, high if high > low else low + 1


def _rounded(stored: NDArray, low: float, high: float) -> NDArray[np.uint16]:
    data = np.empty(stored.shape, np.uint16)
    for block in row_blocks(stored):
        # Halved, as the distance of two finite doubles may not be finite.
        share = (stored[block] / 2 - low / 2) / (high / 2 - low / 2)
        data[block] = np.rint(np.clip(np.nan_to_num(share), 0, 1) * _TOP)
    return data


def _shifted(stored: NDArray, low: int, high: int, *, at_top: bool) -> tuple[NDArray, int]:
    """The stored values moved into 0..65535, and which stored value sample 0 then is.

    Args:
        at_top: leave as much room below as there is: for padding that must be black in any window.
    """
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    if not at_top and native.dtype in (np.uint8, np.uint16):
        return np.ascontiguousarray(native), 0
    first = high - _TOP if at_top else low
    kind = np.uint8 if not at_top and high - first <= 255 else np.uint16
    data = np.empty(stored.shape, kind)
    for block in row_blocks(stored):
        data[block] = np.clip(native[block].astype(np.int64) - first, 0, _TOP)
    return data, first


def _with_padding(data: NDArray, padding: NDArray[np.bool_] | None, *, black: int) -> NDArray:
    if padding is None or not padding.any():
        return data
    padded = data.astype(np.uint16)
    padded[padding] = black
    return padded


def _in_8_bits(stored: NDArray, maximum: float) -> NDArray[np.uint8]:
    data = np.empty(stored.shape, np.uint8)
    for block in row_blocks(stored):
        data[block] = np.rint(stored[block].astype(np.float64) * (255 / maximum))
    return data
