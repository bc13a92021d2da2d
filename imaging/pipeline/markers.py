"""Burned-in markers on a film: side letters, arrows and lines of text. Small, near white, sharp, and standing alone.

An opening takes away what is thinner than a stroke of a letter; what it took and is near the film's white is a
candidate. Letters of a line are joined, and a group counts when it has the size of a marker and the film around it is
darker all round: cortical bone, ribs and plates run on, or lie in tissue that is nearly as bright.
Lengths are shares of the input's side, so that they mean the same at every input size. A mistake costs no more than a
caution: nothing is masked, and no probability depends on it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Film = NDArray[np.uint8]

# A stroke of a marker's letter is thinner than 1/32 of the side (half an inch on a film of 17).
STROKE = 1 / 32
# Letters nearer to each other than 1/112 of the side are one group; so coarse, the search for groups costs nothing.
BLOCK = 1 / 112
# Height of a group (a line of text, or an arrow), and its length; letters below 1/75 are not legible on the grid.
SHORTEST, TALLEST, LONGEST = 1 / 75, 1 / 8, 1 / 4
# Grey levels by which a stroke stands out of the opening, and a group out of what surrounds it: a quarter of the range.
STANDS_OUT = 64
# Of the film's own white: strokes of a small letter are blurred by the resize.
NEAR_WHITE = 0.8
# Length by height of what may be a letter at the very edge of the film.
SQUARE = 3
# Strokes fill this much of their group's box; a wire or the rim of a bone fills less.
LEAST_FILL = 0.08
MOST_GROUPS = 64


@dataclass(frozen=True, slots=True)
class MarkerBox:
    """Pixels of the model's input, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int


def burned_in_markers(film: Film) -> list[MarkerBox]:
    """Where markers are.

    Args:
        film: uint8 (height, width), 0 = black: the part of a model's input that shows the frame, before its histogram
            is changed, of a side of about 448 pixels.
    """
    side = max(film.shape)
    block = max(1, round(side * BLOCK))
    if min(film.shape) < 8 * block:
        return []
    strokes = (film - _opened(film, max(3, round(side * STROKE) | 1))) >= STANDS_OUT
    strokes &= film >= NEAR_WHITE * _white(film)
    counts = _block_counts(strokes, block)
    labelled, _ = ndimage.label(counts > 0, structure=np.ones((3, 3)))
    groups = [(rows, columns) for rows, columns in ndimage.find_objects(labelled)]
    boxes = [_box(group, block) for group in groups[:MOST_GROUPS]]
    return [
        box for box in boxes if _has_marker_size(box, side, film.shape) and _stands_alone(film, strokes, box, block)
    ]


def _white(film: Film) -> float:
    """The brightest that more than a handful of pixels are."""
    sample = film[::3, ::3].ravel()
    return float(np.partition(sample, -8)[-8])


def _opened(film: Film, width: int) -> Film:
    """Grey opening by a square: minima, then maxima, of `width` (odd) pixels on both axes."""
    low = _running(_running(film, width, np.minimum, 0), width, np.minimum, 1)
    return _running(_running(low, width, np.maximum, 0), width, np.maximum, 1)


def _running(film: Film, width: int, better: Callable[[Film, Film], Film], axis: int) -> Film:
    """Minimum or maximum over `width` neighbours, edges repeated; windows are doubled, so that few passes do."""
    padding = [(0, 0), (0, 0)]
    padding[axis] = (width // 2, width // 2)
    values, reach = np.pad(film, padding, mode="edge"), 1
    while reach < width:
        step = min(reach, width - reach)
        shorter, later = (values[:-step], values[step:]) if axis == 0 else (values[:, :-step], values[:, step:])
        values, reach = better(shorter, later), reach + step
    return values


def _block_counts(strokes: NDArray[np.bool_], block: int) -> NDArray[np.intp]:
    """How many stroke pixels each whole block holds."""
    rows, columns = strokes.shape[0] // block, strokes.shape[1] // block
    whole = strokes[: rows * block, : columns * block].astype(np.uint8)
    by_rows = np.add.reduce([whole[start::block] for start in range(block)], dtype=np.uint8)
    return np.add.reduce([by_rows[:, start::block] for start in range(block)], dtype=np.intp)


def _box(group: tuple[slice, slice], block: int) -> MarkerBox:
    rows, columns = group
    return MarkerBox(columns.start * block, rows.start * block, columns.stop * block, rows.stop * block)


def _has_marker_size(box: MarkerBox, side: int, shape: tuple[int, ...]) -> bool:
    short, long = sorted((box.right - box.left, box.bottom - box.top))
    near = round(side * BLOCK)
    at_edge = min(box.left, box.top, shape[1] - box.right, shape[0] - box.bottom) <= near
    if at_edge and long > SQUARE * short:  # the rim of the collimation, or of the export
        return False
    return SHORTEST * side <= short <= TALLEST * side and long <= LONGEST * side


def _stands_alone(film: Film, strokes: NDArray[np.bool_], box: MarkerBox, block: int) -> bool:
    """Nine in ten pixels of the rim around the group are darker than its strokes by what makes a stroke."""
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    inside = film[rows, columns][strokes[rows, columns]]
    if inside.size < LEAST_FILL * (box.bottom - box.top) * (box.right - box.left):
        return False
    above, below = film[max(0, box.top - block) : box.top, columns], film[box.bottom : box.bottom + block, columns]
    before, after = film[rows, max(0, box.left - block) : box.left], film[rows, box.right : box.right + block]
    rim = np.concatenate([part.ravel() for part in (above, below, before, after)])
    return rim.size > 0 and float(np.percentile(rim, 90)) <= float(np.median(inside)) - STANDS_OUT
