"""Aspect-preserving resize: black padding to a square, then one resampling. Positions map back exactly."""

from math import ceil, floor

import cv2
import numpy as np

from imaging.pipeline.steps.maps import GeometryStep, Grey, composed, crop_map, pad_map, scale_map
from imaging.pipeline.values import SourceMap


def squared(grey: Grey, *, size: int) -> GeometryStep:
    """float32 (height, width) -> (size, size) about its centre, the same scale on both axes."""
    height, width = grey.shape
    return GeometryStep(pad_and_resize(grey, size=size), _square_map(width, height, size=size))


def pad_and_resize(grey: Grey, *, size: int) -> Grey:
    """Black padding to a square in whole source pixels, then one resize: the scale is exact on both axes."""
    height, width = grey.shape
    side = max(height, width)
    left, top = _padding(width, height)
    square = grey
    if height != width:
        edges = (top, side - height - top, left, side - width - left)
        square = np.asarray(cv2.copyMakeBorder(grey, *edges, cv2.BORDER_CONSTANT, value=0.0), dtype=np.float32)
    interpolation = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=interpolation).astype(np.float32, copy=False)


def square_map(left: int, top: int, right: int, bottom: int, *, rows: int, columns: int, size: int) -> SourceMap:
    """The map of a crop that is padded to a square about its centre and resized to `size` pixels."""
    crop = crop_map(left, top, right, bottom, rows=rows, columns=columns)
    return composed(crop, _square_map(right - left, bottom - top, size=size))


def _square_map(width: int, height: int, *, size: int) -> SourceMap:
    side = max(width, height)
    padded = pad_map(*_padding(width, height), rows=height, columns=width)
    return composed(padded, scale_map(size / side, rows=side, columns=side))


def _padding(width: int, height: int) -> tuple[int, int]:
    """(left, top) in pixels."""
    side = max(width, height)
    return (side - width) // 2, (side - height) // 2


def content_slices(source: SourceMap, *, size: int) -> tuple[slice, slice]:
    """Rows and columns of the input that show the frame, outwards to whole pixels; the padding is never normalised."""
    return _span(source.offset_y, source.content_height, size), _span(source.offset_x, source.content_width, size)


def _span(offset: float, extent: float, size: int) -> slice:
    first = min(floor(offset + 1e-6), size - 1)
    return slice(first, max(first + 1, min(size, ceil(offset + extent - 1e-6))))
