"""Preprocessing as one function with one affine map, as it was before every step became a module: a reference.

The shipped weights were trained on what this makes; tests compare the steps with it to the last bit.
"""

from collections.abc import Callable
from math import ceil, floor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.preprocess_settings import CollimationRule, InversionRule, PreprocessSettings
from imaging.pipeline.values import Frame, ModelInput, SourceMap

Grey = NDArray[np.float32]

THUMBNAIL_SIDE = 64  # the photometric statistics are those of a 64 x 64 thumbnail; the fitted weights belong to it
FIRST_ROWS = 4  # of each edge are looked at for collimation first; twice as many after every block of flat ones
EQUALISER_BINS = 4096
COLLIMATION_SIDE = 512  # collimation edges are looked for at this long side, then mapped outwards to source pixels


def reference_preprocess(
    frame: Frame, *, size: int, settings: PreprocessSettings, mean: float, std: float
) -> ModelInput:
    grey = np.ascontiguousarray(frame.grey, dtype=np.float32)
    inverted = settings.invert is not None and is_negative(grey, settings.invert)
    grey = np.float32(1.0) - grey if inverted else grey
    left, top, right, bottom = kept_region(grey, settings.collimation_crop)
    source = square_map(left, top, right, bottom, rows=frame.rows, columns=frame.columns, size=size)
    square = pad_and_resize(grey[top:bottom, left:right], size=size)
    film = np.asarray(cv2.convertScaleAbs(square, alpha=255.0), dtype=np.uint8)
    content = content_slices(source, size=size)
    square[content] = normalise(denoise(np.ascontiguousarray(square[content]), settings), settings)
    array = _standardised(square, mean=np.float32(mean), std=np.float32(std))
    return ModelInput(array=array, source=source, inverted=inverted, film=film)


def _standardised(square: Grey, *, mean: np.float32, std: np.float32) -> NDArray[np.float32]:
    """float32 (height, width) -> (3, height, width), three times the same."""
    array = np.empty((3, *square.shape), np.float32)
    np.subtract(square, mean, out=array[0])
    np.divide(array[0], std, out=array[0])
    array[1:] = array[0]
    return array


def photometric_statistics(grey: Grey) -> NDArray[np.float64]:
    """Six numbers, float64 (6,), that change sign (to rounding) when the frame is turned into its negative.

    Outside the patient a radiograph shows unattenuated beam: black, at the upper corners and along the edge, and more
    pixels sit at the black end than at the white end.
    """
    side = THUMBNAIL_SIDE
    small = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA).astype(np.float64)
    edge, eighth, quarter = 3, side // 8, side // 4
    strips = (small[:edge], small[-edge:], small[:, :edge], small[:, -edge:])
    frame_edge = np.concatenate([strip.ravel() for strip in strips])
    upper = np.concatenate([small[:eighth, :eighth].ravel(), small[:eighth, -eighth:].ravel()])
    corners = np.median([part.ravel() for rows in (small[:6], small[-6:]) for part in (rows[:, :6], rows[:, -6:])], 1)
    centred, spread = small - small.mean(), small.std() + 1e-6
    return np.array(
        [
            small.mean() - 0.5,
            np.median(upper) - np.median(small),
            frame_edge.mean() - small[quarter:-quarter, quarter:-quarter].mean(),
            (small > 0.94).mean() - (small < 0.06).mean(),
            corners.min() + corners.max() - 1.0,
            -(centred * centred * centred).mean() / spread**3,
        ]
    )


def is_negative(grey: Grey, rule: InversionRule) -> bool:
    """True when the fitted rule says that black and white are exchanged."""
    return float(np.dot(rule.weights, photometric_statistics(grey))) > rule.threshold


def kept_region(grey: Grey, rule: CollimationRule | None) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) in whole source pixels of what is left after flat edges are taken off.

    The edges are found on a reduced copy and mapped outwards, so that nothing but flat pixels is ever lost.
    """
    rows, columns = grey.shape
    if rule is None or min(rows, columns) < 8:
        return 0, 0, columns, rows
    scale = min(1.0, COLLIMATION_SIDE / max(rows, columns))
    reduced_size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = _as_grey(cv2.resize(grey, reduced_size, interpolation=cv2.INTER_AREA))
    first_row, last_row = _content_span(small, rule)
    first_column, last_column = _content_span(small.T, rule)
    to_rows, to_columns = rows / small.shape[0], columns / small.shape[1]
    return (
        max(0, floor(first_column * to_columns)),
        max(0, floor(first_row * to_rows)),
        min(columns, ceil(last_column * to_columns)),
        min(rows, ceil(last_row * to_rows)),
    )


def _content_span(grey: Grey, rule: CollimationRule) -> tuple[int, int]:
    """First kept row and one past the last; the whole span when nothing but flat rows is there."""
    before = _flat_rows(grey, rule.flatness)
    if before == len(grey):
        return 0, len(grey)
    limit = floor(len(grey) * rule.largest_share)
    return min(before, limit), len(grey) - min(_flat_rows(grey[::-1], rule.flatness), limit)


def _flat_rows(grey: Grey, flatness: float) -> int:
    """How many rows are flat before the first that is not. Most films end this at the first row: few are looked at."""
    start, count = 0, FIRST_ROWS
    while start < len(grey):
        low, high = np.percentile(grey[start : start + count], (2.0, 98.0), axis=1)
        varied = np.flatnonzero(high - low > flatness)
        if varied.size:
            return start + int(varied[0])
        start, count = start + count, 2 * count
    return len(grey)


def square_map(left: int, top: int, right: int, bottom: int, *, rows: int, columns: int, size: int) -> SourceMap:
    """The affine map of a crop that is padded to a square about its centre and resized to `size` pixels."""
    width, height = right - left, bottom - top
    side = max(width, height)
    scale = size / side
    return SourceMap(
        scale=scale,
        offset_x=(side - width) // 2 * scale,
        offset_y=(side - height) // 2 * scale,
        crop_left=float(left),
        crop_top=float(top),
        content_width=width * scale,
        content_height=height * scale,
        rows=rows,
        columns=columns,
    )


def pad_and_resize(grey: Grey, *, size: int) -> Grey:
    """Black padding to a square in whole source pixels, then one resize: the scale is exact on both axes."""
    height, width = grey.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = grey
    if height != width:
        edges = (top, side - height - top, left, side - width - left)
        square = _as_grey(cv2.copyMakeBorder(grey, *edges, cv2.BORDER_CONSTANT, value=0.0))
    interpolation = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=interpolation).astype(np.float32, copy=False)


def content_slices(source: SourceMap, *, size: int) -> tuple[slice, slice]:
    """Rows and columns of the input that show the frame, outwards to whole pixels; the padding is never normalised."""
    return _span(source.offset_y, source.content_height, size), _span(source.offset_x, source.content_width, size)


def _span(offset: float, extent: float, size: int) -> slice:
    first = min(floor(offset + 1e-6), size - 1)
    return slice(first, max(first + 1, min(size, ceil(offset + extent - 1e-6))))


def denoise(grey: Grey, settings: PreprocessSettings) -> Grey:
    """float32 (height, width) in [0, 1] -> the same with less noise."""
    return DENOISERS[settings.denoise](grey, settings)


def normalise(grey: Grey, settings: PreprocessSettings) -> Grey:
    """float32 (height, width) -> the same in [0, 1] with a standard histogram."""
    return NORMALISERS[settings.normalise](grey, settings)


def _unchanged(grey: Grey, settings: PreprocessSettings) -> Grey:
    return grey


def _median(grey: Grey, settings: PreprocessSettings) -> Grey:
    return _as_grey(cv2.medianBlur(grey, 3))


def _bilateral(grey: Grey, settings: PreprocessSettings) -> Grey:
    return _as_grey(cv2.bilateralFilter(grey, d=5, sigmaColor=0.05, sigmaSpace=2.0))


def _non_local_means(grey: Grey, settings: PreprocessSettings) -> Grey:
    cleaned = cv2.fastNlMeansDenoising(_as_bytes(grey), None, h=4, templateWindowSize=5, searchWindowSize=11)
    return _as_grey(cleaned) / np.float32(255)


def percentile_window(grey: Grey, settings: PreprocessSettings) -> Grey:
    """Linear stretch of the two percentiles to [0, 1]; a flat frame stays as it is, clipped."""
    low, high = np.percentile(grey, (settings.low_percentile, settings.high_percentile))
    if high - low < 1e-6:
        return _as_grey(np.clip(grey, 0.0, 1.0))
    return _as_grey(np.clip((grey - np.float32(low)) / np.float32(high - low), 0.0, 1.0))


def equalise_nonblack(grey: Grey, settings: PreprocessSettings) -> Grey:
    """Histogram equalisation over the pixels above the black level; black stays black.

    Each kept pixel becomes the share of kept pixels in the bins below its own plus half of its own bin's, over 4096
    bins, so the brightness of the exposure is gone and only the order of the grey values is left.
    """
    kept = grey > settings.black_level
    total = int(np.count_nonzero(kept))
    if total == 0:
        return np.zeros_like(grey)
    scaled = grey * np.float32(EQUALISER_BINS)
    index = np.clip(scaled, 0, EQUALISER_BINS - 1, out=scaled).astype(np.intp)
    counts = np.bincount(index.ravel(), minlength=EQUALISER_BINS)
    _leave_out_black(counts, settings.black_level, total)
    share = (np.cumsum(counts, dtype=np.float64) - 0.5 * counts) / total
    equalised = share.astype(np.float32).take(index)
    return np.multiply(equalised, kept, out=equalised)


def _leave_out_black(counts: NDArray[np.int64], black_level: float, total: int) -> None:
    """Leaves, of the counts of all pixels, those of the `total` above the black level; its own bin gets the rest."""
    black = min(max(int(np.float32(black_level) * EQUALISER_BINS), 0), EQUALISER_BINS - 1)
    counts[:black] = 0
    counts[black] = total - counts[black + 1 :].sum()


def _clahe(grey: Grey, settings: PreprocessSettings) -> Grey:
    windowed = np.round(percentile_window(grey, settings) * 65535).astype(np.uint16)
    equaliser = cv2.createCLAHE(clipLimit=settings.clahe_clip, tileGridSize=(8, 8))
    return _as_grey(equaliser.apply(windowed)) / np.float32(65535)


def _as_grey(values: NDArray[Any]) -> Grey:
    return np.asarray(values, dtype=np.float32)


def _as_bytes(grey: Grey) -> NDArray[np.uint8]:
    return np.round(np.clip(grey, 0.0, 1.0) * 255).astype(np.uint8)


Step = Callable[[Grey, PreprocessSettings], Grey]
DENOISERS: dict[str, Step] = {"none": _unchanged, "median3": _median, "bilateral": _bilateral, "nlm": _non_local_means}
NORMALISERS: dict[str, Step] = {
    "none": _unchanged,
    "percentile_window": percentile_window,
    "equalise_nonblack": equalise_nonblack,
    "clahe": _clahe,
}
