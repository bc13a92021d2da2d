"""Exact one-pass Grad-CAM for networks that end in features -> global average pool -> linear.

There the gradient of logit k with respect to feature channel c is head_weight[k, c] / (h * w) at every cell, so the map
of every label follows from the forward pass alone. Signed contributions are the data; normalising is for display.
Source: Selvaraju et al. 2017, section 3.1 (Grad-CAM generalises CAM).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.cells import CellMaps, Extreme, extremes, rendered_size
from imaging.pipeline.energy import energies
from imaging.pipeline.values import Heatmap, ModelInput, Point, SourceMap


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to say of where one label's logit comes from; the attributes are those of PredictedFinding."""

    heatmap: Heatmap = field(repr=False)
    peak: Point | None
    border_energy: float | None
    marker_energy: float | None


def contributions(features: NDArray[np.float32], head_weight: NDArray[np.float32]) -> CellMaps:
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


def explanations(maps: CellMaps, *, seen: ModelInput, size: int) -> list[Explanation]:
    """One a label, from float32 (L, h, w) contributions over the square input of `size` pixels."""
    heatmaps = frame_heatmaps(maps, source=seen.source, size=size)
    peaks = frame_peaks(maps, source=seen.source, size=size)
    shares = energies(maps, seen=seen, size=size)
    return [
        Explanation(heatmap=heatmap, peak=place, border_energy=share.border, marker_energy=share.marker)
        for heatmap, place, share in zip(heatmaps, peaks, shares, strict=True)
    ]


def frame_heatmaps(maps: CellMaps, *, source: SourceMap, size: int) -> list[Heatmap]:
    """Contributions per cell -> one heatmap a label, which renders over the whole stored frame when it is looked at.

    Args:
        maps: float32 (L, h, w) over the square input.
        source: where the input's pixels are in the stored frame.
        size: side of the input in pixels.
    """
    return [Heatmap(cells=entry, source=source, size=size) for entry in maps]


def frame_peaks(maps: CellMaps, *, source: SourceMap, size: int) -> list[Point | None]:
    """Where in the stored frame each rendered map is largest; None when nothing speaks for the label."""
    width, height = rendered_size(source)
    found = extremes(maps, source=source, size=size)
    return [_point(entry, source=source, width=width, height=height) for entry in found]


def peak(heatmap: Heatmap) -> Point | None:
    """Where in the frame shown the contribution is largest; None when nothing speaks for the label."""
    source = heatmap.source
    found = frame_peaks(heatmap.cells[None], source=source, size=heatmap.size)[0]
    return None if found is None else turned_point(found, heatmap.turns, rows=source.rows, columns=source.columns)


def turned_point(point: Point, turns: int, *, rows: int, columns: int) -> Point:
    """The point in the frame of (rows, columns) pixels turned by turns * 90 degrees counter-clockwise (np.rot90)."""
    for _ in range(turns % 4):
        point, rows, columns = Point(x=point.y, y=columns - point.x), columns, rows
    return point


def _point(extreme: Extreme, *, source: SourceMap, width: int, height: int) -> Point | None:
    if extreme.value <= 0:
        return None
    return Point(x=(extreme.column + 0.5) * source.columns / width, y=(extreme.row + 0.5) * source.rows / height)


def normalised(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """For display: what speaks against the label cut off, the rest scaled to [0, 1], as the grad-cam package does."""
    positive = np.maximum(values, 0.0)
    positive = positive - positive.min()
    return np.asarray(positive / (1e-7 + positive.max()), dtype=np.float32)
