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
    channels, height, width = features.shape
    maps = head_weight @ features.reshape(channels, height * width) / np.float32(height * width)
    return maps.reshape(-1, height, width).astype(np.float32)


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
    along_y = _sampling_matrix(vertical, count=rows, cells=maps.shape[1], size=size)
    along_x = _sampling_matrix(horizontal, count=columns, cells=maps.shape[2], size=size)
    # Two products for all labels together: many small ones wait for BLAS's threads on a busy machine.
    tall = np.tensordot(maps, along_y, axes=([1], [1]))  # (L, w, rows)
    values = np.tensordot(tall, along_x, axes=([1], [1]))  # (L, rows, columns)
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
    along_y = _bilinear_matrix((np.arange(size) + 0.5) * cell_map.shape[0] / size - 0.5, cell_map.shape[0])
    along_x = _bilinear_matrix((np.arange(size) + 0.5) * cell_map.shape[1] / size - 0.5, cell_map.shape[1])
    return np.asarray(along_y @ cell_map @ along_x.T, dtype=np.float32)


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


def _sampling_matrix(axis: _Axis, *, count: int, cells: int, size: int) -> NDArray[np.float32]:
    """Weights float32 (count, cells): reads `count` evenly spaced places of the stored frame off the cells.

    Rows of places that the network did not see are zero.
    """
    stored = (np.arange(count) + 0.5) * axis.extent / count
    inside = (stored - axis.crop) * axis.scale
    weights = _bilinear_matrix((inside + axis.offset) * cells / size - 0.5, cells)
    weights[(inside < 0) | (inside > axis.content)] = 0.0
    return weights


def _bilinear_matrix(positions: NDArray[np.float64], cells: int) -> NDArray[np.float32]:
    """Weights float32 (n, cells): linear interpolation at fractional cells, clamped to the outermost centres."""
    clamped = np.clip(positions, 0.0, cells - 1.0)
    lower = np.minimum(np.floor(clamped).astype(np.intp), max(cells - 2, 0))
    fraction = clamped - lower
    weights = np.zeros((len(positions), cells), dtype=np.float32)
    rows = np.arange(len(positions))
    weights[rows, lower] += 1.0 - fraction
    weights[rows, np.minimum(lower + 1, cells - 1)] += fraction
    return weights
