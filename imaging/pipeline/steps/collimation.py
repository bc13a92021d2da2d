"""Collimation crop: flat edges are taken off. Positions map back exactly; nothing but flat pixels is lost."""

from math import ceil, floor

import cv2
import numpy as np

from imaging.pipeline.preprocess_settings import CollimationRule
from imaging.pipeline.steps.maps import GeometryStep, Grey, crop_map

FIRST_ROWS = 4  # of each edge are looked at for collimation first; twice as many after every block of flat ones
COLLIMATION_SIDE = 512  # collimation edges are looked for at this long side, then mapped outwards to source pixels


def cropped(grey: Grey, rule: CollimationRule | None) -> GeometryStep:
    """The part inside the flat edges, as a view of the same pixels; None keeps the whole frame."""
    rows, columns = grey.shape
    left, top, right, bottom = kept_region(grey, rule)
    return GeometryStep(grey[top:bottom, left:right], crop_map(left, top, right, bottom, rows=rows, columns=columns))


def kept_region(grey: Grey, rule: CollimationRule | None) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) in whole source pixels of what is left after flat edges are taken off.

    The edges are found on a reduced copy and mapped outwards, so that nothing but flat pixels is ever lost.
    """
    rows, columns = grey.shape
    if rule is None or min(rows, columns) < 8:
        return 0, 0, columns, rows
    scale = min(1.0, COLLIMATION_SIDE / max(rows, columns))
    reduced_size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = np.asarray(cv2.resize(grey, reduced_size, interpolation=cv2.INTER_AREA), dtype=np.float32)
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
