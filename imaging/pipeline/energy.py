"""How much of a map lies where no disease can be: on the border of the frame, and on burned-in markers.

Counted on the cells, which are all that a map can tell apart: a cell with a marker in it counts as marker. Only what
speaks for the label counts, and only what lies in the frame, not in the padding.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.cells import CellMaps
from imaging.pipeline.markers import MarkerBox, burned_in_markers
from imaging.pipeline.values import ModelInput, SourceMap

Weights = NDArray[np.float64]

# The outer band, as a share of the frame's width or height on each of the four sides.
BORDER = 0.05
# A region that holds more than half of a map's energy says more of the region than of the patient, if its area alone
# does not explain it: the border is 19 % of the frame (1 - .9 * .9), and more than a quarter of the cells is never
# taken for markers. So a caution always means more than twice (border: 2.6 times) what chance would put there.
CAUTION_ABOVE = 0.5
LARGEST_MARKER_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Energy:
    """Shares in [0, 1] of a map's positive contributions; None when nothing in it speaks for the label.

    Attributes:
        border: on the outer 5 % of the frame as the network saw it, collimation left out.
        marker: in cells with a burned-in marker; None as well when the film was not kept.
    """

    border: float | None
    marker: float | None


def energies(maps: CellMaps, *, seen: ModelInput, size: int) -> list[Energy]:
    """One a label.

    Args:
        maps: float32 (L, h, w) contributions over the square input.
        size: side of the input, pixels.
    """
    shape = maps.shape[1:]
    frame = _frame_cover(seen.source, shape, size)
    regions = np.stack([frame, frame - _inner_cover(seen.source, shape, size), frame * _marked(seen, frame, size)])
    sums = np.einsum("lij,rij->lr", np.maximum(maps, 0.0), regions)
    known = seen.film is not None
    return [_energy(total, border, marker if known else None) for total, border, marker in sums.tolist()]


def caution(*, border: float | None, marker: float | None) -> str | None:
    """What to tell a reader of a map of which most lies where no disease can be; None when there is nothing to tell."""
    if marker is not None and marker > CAUTION_ABOVE:
        return f"{100 * marker:.0f} % of this map lies on burned-in markers: do not trust it"
    if border is not None and border > CAUTION_ABOVE:
        return f"{100 * border:.0f} % of this map lies on the edge of the film: do not trust it"
    return None


def _energy(total: float, border: float, marker: float | None) -> Energy:
    if total <= 0:
        return Energy(border=None, marker=None)
    shares = [None if part is None else min(max(part / total, 0.0), 1.0) for part in (border, marker)]
    return Energy(border=shares[0], marker=shares[1])


def _frame_cover(source: SourceMap, shape: tuple[int, ...], size: int) -> Weights:
    """float64 (h, w) in [0, 1]: how much of each cell shows the frame."""
    return _cover(source, shape, size, inset=0.0)


def _inner_cover(source: SourceMap, shape: tuple[int, ...], size: int) -> Weights:
    """The same for the frame without its border."""
    return _cover(source, shape, size, inset=BORDER)


def _cover(source: SourceMap, shape: tuple[int, ...], size: int, *, inset: float) -> Weights:
    rows = _overlap(source.offset_y, source.content_height, inset, cells=shape[0], size=size)
    columns = _overlap(source.offset_x, source.content_width, inset, cells=shape[1], size=size)
    return np.outer(rows, columns)


def _overlap(offset: float, content: float, inset: float, *, cells: int, size: int) -> Weights:
    """float64 (cells,): the share of each cell that lies between the insets of the content, on one axis."""
    edges = np.arange(cells + 1) * size / cells
    low, high = offset + inset * content, offset + (1.0 - inset) * content
    shared = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    return np.maximum(shared, 0.0) * cells / size


def _marked(seen: ModelInput, frame: Weights, size: int) -> Weights:
    """float64 (h, w): 1 for cells with a marker in them, else 0; all 0 where "markers" would cover too much."""
    marked = np.zeros_like(frame)
    if seen.film is None:
        return marked
    (top, bottom), (left, right) = _content(seen.source, size)
    for box in burned_in_markers(np.ascontiguousarray(seen.film[top:bottom, left:right])):
        marked[_cells_of(box, frame.shape, size, left=left, top=top)] = 1.0
    too_much = (marked * frame).sum() > LARGEST_MARKER_SHARE * frame.sum()
    return np.zeros_like(frame) if too_much else marked


def _content(source: SourceMap, size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of the input that show nothing but the frame, inwards to whole pixels."""
    spans = ((source.offset_y, source.content_height), (source.offset_x, source.content_width))
    rows, columns = ((int(np.ceil(low - 1e-6)), min(size, int(low + extent + 1e-6))) for low, extent in spans)
    return rows, columns


def _cells_of(box: MarkerBox, shape: tuple[int, ...], size: int, *, left: int, top: int) -> tuple[slice, slice]:
    """The cells that a box touches."""
    rows, columns = shape
    return (
        slice((box.top + top) * rows // size, ((box.bottom + top - 1) * rows) // size + 1),
        slice((box.left + left) * columns // size, ((box.right + left - 1) * columns) // size + 1),
    )
