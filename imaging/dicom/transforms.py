"""The grey-value transforms that a header asks for, read and checked once per frame.

Source: DICOM PS3.3 C.11, C.7.6.16.2.9-10.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.dicom.errors import RefusedFile
from imaging.dicom.header import PixelHeader
from imaging.dicom.luts import LookupTable, lookup_table
from imaging.dicom.part10 import HEADER_FAULTS
from imaging.dicom.values import Notice
from imaging.dicom.windows import Window

_MODALITY_LUT, _VOI_LUT, _WINDOW_WIDTH, _RESCALE_SLOPE = 0x00283000, 0x00283010, 0x00281051, 0x00281053
_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


@dataclass(frozen=True, slots=True)
class Rescale:
    """Modality value = stored value * slope + intercept."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values * self.slope + self.intercept


@dataclass(frozen=True, slots=True)
class GreyTransforms:
    """What turns stored values into grey.

    Attributes:
        voi: None when the header has no usable one; grey then spans the range of the modality values.
        padding: inclusive range of stored values that are not image, None when the header names none.
    """

    modality: Rescale | LookupTable
    voi: Window | LookupTable | None
    padding: tuple[int, int] | None
    inverted: bool
    notices: tuple[Notice, ...]


def grey_transforms(dataset: Dataset, header: PixelHeader, index: int) -> GreyTransforms:
    """The transforms of frame `index`; a functional group of the frame goes before one of the file.

    Raises:
        RefusedFile: lut_invalid when the modality LUT is damaged: grey would be wrong. A damaged VOI is only noted.
    """
    sources = [dataset, *_functional_groups(dataset, index)]
    notices: list[Notice] = []
    modality = _modality(sources, header, notices)
    voi = _voi(sources, header, _may_be_negative(modality, header), notices)
    inverted = header.photometric_interpretation == "MONOCHROME1"
    return GreyTransforms(modality, voi, _padding(dataset, header), inverted, tuple(notices))


def _functional_groups(dataset: Dataset, index: int) -> Iterator[Dataset]:
    """Transformation items of the shared and the frame's own functional groups; the frame's own come last."""
    for keyword, position in (("SharedFunctionalGroupsSequence", 0), ("PerFrameFunctionalGroupsSequence", index)):
        for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            try:
                yield dataset[keyword][position][name][0]
            except HEADER_FAULTS:
                continue


def _latest(sources: list[Dataset], keyword: str) -> object | None:
    """The most specific value; None when it is missing, empty or unreadable."""
    for source in reversed(sources):
        try:
            value = source.get(keyword)
        except HEADER_FAULTS:
            continue
        if value not in (None, ""):
            return value
    return None


def _numbers(value: object | None) -> list[float]:
    """Finite or not, in order; empty when the value is no number."""
    if value is None:
        return []
    try:
        return [float(part) for part in (value if hasattr(value, "__iter__") else [value])]
    except HEADER_FAULTS:
        return []


def _first_item(sources: list[Dataset], keyword: str) -> Dataset | None:
    value = _latest(sources, keyword)
    try:
        return value[0] if value is not None and len(value) else None  # type: ignore[index, arg-type]
    except HEADER_FAULTS:
        return None


def _modality(sources: list[Dataset], header: PixelHeader, notices: list[Notice]) -> Rescale | LookupTable:
    item = _first_item(sources, "ModalityLUTSequence")
    if item is not None and _is_empty(item):
        notices.append(Notice("modality_lut_empty", "The modality LUT of the header is empty.", "(0028,3000)"))
    elif item is not None:
        return lookup_table(item, tag=_MODALITY_LUT, signed_input=header.signed, little=header.little)
    slope = (_numbers(_latest(sources, "RescaleSlope")) or [1.0])[0]
    intercept = (_numbers(_latest(sources, "RescaleIntercept")) or [0.0])[0]
    if slope == 0 or not isfinite(slope) or not isfinite(intercept):
        notices.append(Notice("rescale_unusable", "The rescale values are unusable and were ignored.", "(0028,1053)"))
        return Rescale()
    return Rescale(slope, intercept)


def _is_empty(item: Dataset) -> bool:
    return not any(item.get(keyword) for keyword in ("LUTDescriptor", "LUTData"))


def _may_be_negative(modality: Rescale | LookupTable, header: PixelHeader) -> bool:
    if isinstance(modality, LookupTable):
        return False
    low = -(2 ** (header.bits_stored - 1)) if header.signed else 0
    high = low + 2**header.bits_stored - 1
    return min(low * modality.slope, high * modality.slope) + modality.intercept < 0


def _voi(
    sources: list[Dataset], header: PixelHeader, signed_input: bool, notices: list[Notice]
) -> Window | LookupTable | None:
    item = _first_item(sources, "VOILUTSequence")
    if item is not None:
        try:
            return lookup_table(item, tag=_VOI_LUT, signed_input=signed_input, little=header.little)
        except RefusedFile:
            notices.append(
                Notice("voi_lut_unusable", "The VOI lookup table is damaged and was ignored.", "(0028,3010)")
            )
    return _window(sources, notices)


def _window(sources: list[Dataset], notices: list[Notice]) -> Window | None:
    centres, widths = _numbers(_latest(sources, "WindowCenter")), _numbers(_latest(sources, "WindowWidth"))
    if not centres or not widths:
        return None
    if len(centres) > 1:
        notices.append(
            Notice("several_windows", "The header offers several windows; the first is used.", "(0028,1050)")
        )
    window = Window(centres[0], widths[0], _function(sources, notices))
    if window.is_usable:
        return window
    message = "The window of the header is unusable; the full range of grey values is shown."
    notices.append(Notice("window_unusable", message, "(0028,1051)"))
    return None


def _function(sources: list[Dataset], notices: list[Notice]) -> str:
    name = str(_latest(sources, "VOILUTFunction") or "LINEAR").strip().upper()
    if name in _FUNCTIONS:
        return name
    notices.append(Notice("voi_function_unknown", "The VOI LUT function is unknown; LINEAR is used.", "(0028,1056)"))
    return "LINEAR"


def _padding(dataset: Dataset, header: PixelHeader) -> tuple[int, int] | None:
    """PS3.3 C.7.5.1.1.2: one value, or the range up to PixelPaddingRangeLimit."""
    values = [_latest([dataset], keyword) for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    if not isinstance(values[0], int) or header.keyword != "PixelData":
        return None
    first = _as_stored(values[0], header)
    last = _as_stored(values[1], header) if isinstance(values[1], int) else first
    return min(first, last), max(first, last)


def _as_stored(value: int, header: PixelHeader) -> int:
    """Some writers give a signed padding value as unsigned: read it in the pixels' own representation."""
    wrapped = value % 2**header.bits_allocated
    return (
        wrapped - 2**header.bits_allocated if header.signed and wrapped >= 2 ** (header.bits_allocated - 1) else wrapped
    )
