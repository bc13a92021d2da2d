"""Exact one-pass Grad-CAM for networks that end in features -> global average pool -> linear.

There the gradient of logit k with respect to feature channel c is head_weight[k, c] / (h * w) at every cell, so the map
of every label follows from the forward pass alone. Signed contributions are the data; normalising is for display.
Source: Selvaraju et al. 2017, section 3.1 (Grad-CAM generalises CAM).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.values import Heatmap, Point, SourceMap

CellMaps = NDArray[np.float32]

LONGEST_SIDE = 1024


def contributions(features: NDArray[np.float32], head_weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """What every cell adds to every logit.

    Args:
        features: float32 (C, h, w), what the network averages over (h, w).
        head_weight: float32 (L, C).
    Returns:
        float32 (L, h, w); the sum over (h, w) plus the head's bias is the logit.
    """
    # einsum, not a matrix product: BLAS's threads wait for those of torch, 80 ms instead of 0.5 on two cores.
    maps = np.einsum("lc,cij->lij", head_weight, features)
    return np.asarray(maps / np.float32(features.shape[1] * features.shape[2]), dtype=np.float32)


def frame_heatmaps(maps: NDArray[np.float32], *, source: SourceMap, size: int) -> list[Heatmap]:
    """Contributions per cell -> heatmaps over the whole stored frame.

    Args:
        maps: float32 (L, h, w) over the square input.
        source: where the input's pixels are in the stored frame.
        size: side of the input in pixels.
    Returns:
        one heatmap a label: bilinear between cell centres, long side <= 1024, zero outside what the network saw.
    """
    columns, rows = heatmap_size(source)
    vertical = _Axis(source.rows, source.crop_top, source.offset_y, source.content_height, source.scale)
    horizontal = _Axis(source.columns, source.crop_left, source.offset_x, source.content_width, source.scale)
    # Columns first: what is left is whole rows, read in order.
    wide = _interpolated(maps, _places(horizontal, count=columns, cells=maps.shape[2], size=size), axis=2)
    values = _interpolated(wide, _places(vertical, count=rows, cells=maps.shape[1], size=size), axis=1)
    return [Heatmap(contributions=entry) for entry in values]


def heatmap_size(source: SourceMap) -> tuple[int, int]:
    """(width, height) of the frame's heatmaps: the frame's own size, reduced to a long side of 1024."""
    shrink = min(1.0, LONGEST_SIDE / max(source.rows, source.columns))
    return max(1, round(source.columns * shrink)), max(1, round(source.rows * shrink))


def peak(heatmap: Heatmap, source: SourceMap) -> Point | None:
    """Where in the stored frame the contribution is largest; None when nothing speaks for the label."""
    values = heatmap.contributions
    row, column = np.unravel_index(int(np.argmax(values)), values.shape)
    if values[row, column] <= 0:
        return None
    height, width = values.shape
    return Point(
        x=(float(column) + 0.5) * source.columns / width,
        y=(float(row) + 0.5) * source.rows / height,
    )


def upsampled(cell_map: NDArray[np.float32], *, size: int) -> NDArray[np.float32]:
    """float32 (h, w) -> float32 (size, size), bilinear between cell centres, edges repeated."""
    height, width = cell_map.shape
    wide = _interpolated(cell_map, _between((np.arange(size) + 0.5) * width / size - 0.5, width), axis=1)
    return _interpolated(wide, _between((np.arange(size) + 0.5) * height / size - 0.5, height), axis=0)


def normalised(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """For display: what speaks against the label cut off, the rest scaled to [0, 1], as the grad-cam package does."""
    positive = np.maximum(values, 0.0)
    positive = positive - positive.min()
    return np.asarray(positive / (1e-7 + positive.max()), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis of a SourceMap: extent and crop in stored pixels, offset and content in input pixels."""

    extent: int
    crop: float
    offset: float
    content: float
    scale: float


@dataclass(frozen=True, slots=True)
class _Places:
    """Where n places lie between two neighbouring cells: index of the lower one, weights of both, float32 (n,)."""

    lower: NDArray[np.intp]
    weight_lower: NDArray[np.float32]
    weight_upper: NDArray[np.float32]


def _places(axis: _Axis, *, count: int, cells: int, size: int) -> _Places:
    """`count` evenly spaced places of the stored frame among the cells; what the network did not see weighs nothing."""
    stored = (np.arange(count) + 0.5) * axis.extent / count
    inside = (stored - axis.crop) * axis.scale
    places = _between((inside + axis.offset) * cells / size - 0.5, cells)
    seen = ((inside >= 0) & (inside <= axis.content)).astype(np.float32)
    return _Places(places.lower, places.weight_lower * seen, places.weight_upper * seen)


def _between(positions: NDArray[np.float64], cells: int) -> _Places:
    """Fractional cell positions, clamped to the outermost cell centres."""
    clamped = np.clip(positions, 0.0, cells - 1.0)
    lower = np.minimum(np.floor(clamped).astype(np.intp), max(cells - 2, 0))
    upper = (clamped - lower).astype(np.float32)
    return _Places(lower, np.float32(1.0) - upper, upper)


def _interpolated(values: NDArray[np.float32], places: _Places, *, axis: int) -> NDArray[np.float32]:
    """float32 values with one axis of cells replaced by places."""
    shape = [1] * values.ndim
    shape[axis] = -1
    upper = np.minimum(places.lower + 1, values.shape[axis] - 1)
    result = values.take(places.lower, axis=axis) * places.weight_lower.reshape(shape)
    result += values.take(upper, axis=axis) * places.weight_upper.reshape(shape)
    return np.asarray(result, dtype=np.float32)
