"""From contributions per cell of a network's last feature map to values over the stored frame, and back to its peak.

Bilinear between cell centres, zero outside what the network saw. Only the cells are kept; the rest follows from them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from imaging.pipeline.values import SourceMap

CellMaps = NDArray[np.float32]

LONGEST_SIDE = 1024


@dataclass(frozen=True, slots=True)
class Extreme:
    """The largest value of a rendered map, and the row and column of its first pixel that has it."""

    value: float
    row: int
    column: int


def rendered_size(source: "SourceMap", *, longest_side: int = LONGEST_SIDE) -> tuple[int, int]:
    """(width, height) of the frame's maps: the frame's own size, reduced to a long side of `longest_side` pixels."""
    shrink = min(1.0, longest_side / max(source.rows, source.columns))
    return max(1, round(source.columns * shrink)), max(1, round(source.rows * shrink))


def rendered(maps: CellMaps, *, source: "SourceMap", size: int, longest_side: int = LONGEST_SIDE) -> CellMaps:
    """Contributions per cell -> values over the whole stored frame.

    Args:
        maps: float32 (..., h, w) over the square input.
        source: where the input's pixels are in the stored frame.
        size: side of the input in pixels.
    Returns:
        float32 (..., height, width) of rendered_size.
    """
    vertical, horizontal = _frame_places(maps, source=source, size=size, longest_side=longest_side)
    return _on(maps, vertical, horizontal)


def extremes(maps: CellMaps, *, source: "SourceMap", size: int, longest_side: int = LONGEST_SIDE) -> list[Extreme]:
    """Where each rendered map is largest, without rendering it.

    Between four neighbouring cell centres a bilinear map is linear along every row and column, so its largest pixel
    is at the first or last pixel between two centres on either axis: a few dozen a side, and the same arithmetic there.

    Args:
        maps: float32 (L, h, w); the others as for `rendered`.
    """
    vertical, horizontal = _frame_places(maps, source=source, size=size, longest_side=longest_side)
    rows, columns = _turning_places(vertical), _turning_places(horizontal)
    values = _on(maps, vertical.at(rows), horizontal.at(columns)).reshape(len(maps), -1)
    found = values.argmax(axis=1)
    return [
        Extreme(float(row[place]), int(rows[place // len(columns)]), int(columns[place % len(columns)]))
        for row, place in zip(values, found, strict=True)
    ]


def upsampled(cell_map: CellMaps, *, size: int) -> CellMaps:
    """float32 (h, w) -> float32 (size, size), bilinear between cell centres, edges repeated."""
    height, width = cell_map.shape
    vertical = _between((np.arange(size) + 0.5) * height / size - 0.5, height)
    return _on(cell_map, vertical, _between((np.arange(size) + 0.5) * width / size - 0.5, width))


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

    def at(self, chosen: NDArray[np.intp]) -> "_Places":
        """Some of them."""
        return _Places(self.lower[chosen], self.weight_lower[chosen], self.weight_upper[chosen])


def _frame_places(maps: CellMaps, *, source: "SourceMap", size: int, longest_side: int) -> tuple[_Places, _Places]:
    """(vertical, horizontal) places of the rendered pixels among the cells."""
    columns, rows = rendered_size(source, longest_side=longest_side)
    vertical = _Axis(source.rows, source.crop_top, source.offset_y, source.content_height, source.scale)
    horizontal = _Axis(source.columns, source.crop_left, source.offset_x, source.content_width, source.scale)
    return (
        _places(vertical, count=rows, cells=maps.shape[-2], size=size),
        _places(horizontal, count=columns, cells=maps.shape[-1], size=size),
    )


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


def _turning_places(places: _Places) -> NDArray[np.intp]:
    """Sorted indices of the places where a line between two cells, the level beyond the last, or what was seen ends."""
    seen = places.weight_lower + places.weight_upper > 0
    stretch = 4 * places.lower + 2 * (places.weight_upper == 1) + seen
    turns = np.flatnonzero(np.diff(stretch))
    return np.unique(np.concatenate([[0], turns, turns + 1, [len(places.lower) - 1]]))


def _on(maps: CellMaps, vertical: _Places, horizontal: _Places) -> CellMaps:
    """float32 (..., h, w) at the places; columns first: what is left is whole rows, read in order."""
    return _interpolated(_interpolated(maps, horizontal, axis=maps.ndim - 1), vertical, axis=maps.ndim - 2)


def _interpolated(values: CellMaps, places: _Places, *, axis: int) -> CellMaps:
    """float32 values with one axis of cells replaced by places."""
    shape = [1] * values.ndim
    shape[axis] = -1
    upper = np.minimum(places.lower + 1, values.shape[axis] - 1)
    result = values.take(places.lower, axis=axis) * places.weight_lower.reshape(shape)
    result += values.take(upper, axis=axis) * places.weight_upper.reshape(shape)
    return np.asarray(result, dtype=np.float32)
