"""The shape of one pixel: its height divided by its width. Source: DICOM PS3.3 C.7.6.3.1.7 (Pixel Aspect Ratio).

The standard asks for Pixel Aspect Ratio only where no spacing is given, so a spacing goes first: Pixel Spacing (of the
body), then Imager Pixel Spacing (of the detector), then Nominal Scanned Pixel Spacing (of a digitised film). Whether a
spacing may be measured with is another matter; for the shape any of them will do. A value of the frame's own functional
group goes before the shared one, and that before the file's.
"""

from collections.abc import Iterator

from pydicom.dataset import Dataset

from imaging.dicom.part10 import HEADER_FAULTS
from imaging.dicom.values import SQUARE, aspect_of

_KEYWORDS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio")
"""Each (vertical, horizontal)."""
_GROUPS = (("PerFrameFunctionalGroupsSequence", True), ("SharedFunctionalGroupsSequence", False))
_MACROS = ("PixelMeasuresSequence", "FramePixelDataPropertiesSequence")


def pixel_aspect(dataset: Dataset, index: int) -> float:
    """Height / width of a pixel of frame `index`, as imaging.dicom.values.aspect_of has it.

    1.0 where the header says nothing usable.
    """
    sources = [dataset, *_macros(dataset, index)]
    for keyword in _KEYWORDS:
        for source in reversed(sources):
            ratio = _ratio(source, keyword)
            if ratio is not None:
                return ratio
    return SQUARE


def _macros(dataset: Dataset, index: int) -> Iterator[Dataset]:
    """Items of the shared, then of the frame's own functional groups that hold spacings."""
    for keyword, per_frame in reversed(_GROUPS):
        for name in _MACROS:
            try:
                yield dataset[keyword][index if per_frame else 0][name][0]
            except HEADER_FAULTS:
                continue


def _ratio(source: Dataset, keyword: str) -> float | None:
    """None where the value is missing or unusable: then the next attribute is asked."""
    try:
        high, wide = (float(part) for part in source.get(keyword) or ())
    except HEADER_FAULTS:
        return None
    return aspect_of(high, wide)
