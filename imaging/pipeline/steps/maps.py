"""What a preprocessing step did, so that it can be undone: where pixels went, and what became of grey values."""

from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.values import SourceMap

Grey = NDArray[np.float32]

KEPT, REVERSED, LOST = "kept", "reversed", "lost"


class IntensityMap(Protocol):
    """What a step did to grey values.

    Attributes:
        order: of any two grey values of the film: KEPT (monotone; equal ones may become of different ones), REVERSED
            (monotone, falling) or LOST (not monotone).
        exact: `recovered` gives back what went in, to rounding.
        lost: a sentence: what is not given back; empty when exact.
    """

    @property
    def order(self) -> str: ...

    @property
    def exact(self) -> bool: ...

    @property
    def lost(self) -> str: ...

    def recovered(self, grey: Grey) -> Grey:
        """What went in, as far as what came out says it; float32 of the same shape."""
        ...


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The map of a step that is switched off, or had nothing to do."""

    order: str = KEPT
    exact: bool = True
    lost: str = ""

    def recovered(self, grey: Grey) -> Grey:
        return grey


UNCHANGED = Unchanged()


@dataclass(frozen=True, slots=True)
class IntensityStep:
    """Grey values after a step that moves no pixel, and the map back."""

    grey: Grey = field(repr=False)
    inverse: IntensityMap = UNCHANGED


@dataclass(frozen=True, slots=True)
class GeometryStep:
    """Pixels after a step that changes no grey value but by resampling, and the map back."""

    grey: Grey = field(repr=False)
    inverse: SourceMap


def crop_map(left: int, top: int, right: int, bottom: int, *, rows: int, columns: int) -> SourceMap:
    """Of cutting [left, right) x [top, bottom) out of (rows, columns) pixels."""
    return SourceMap(
        scale=1.0,
        offset_x=0.0,
        offset_y=0.0,
        crop_left=float(left),
        crop_top=float(top),
        content_width=float(right - left),
        content_height=float(bottom - top),
        rows=rows,
        columns=columns,
    )


def pad_map(left: int, top: int, *, rows: int, columns: int) -> SourceMap:
    """Of putting (rows, columns) pixels `left` and `top` pixels into something larger."""
    return SourceMap(1.0, float(left), float(top), 0.0, 0.0, float(columns), float(rows), rows=rows, columns=columns)


def scale_map(scale: float, *, rows: int, columns: int) -> SourceMap:
    """Of resampling (rows, columns) pixels by one factor on both axes."""
    return SourceMap(scale, 0.0, 0.0, 0.0, 0.0, columns * scale, rows * scale, rows=rows, columns=columns)


def composed(*maps: SourceMap) -> SourceMap:
    """One map for several steps, the first step first: from the last step's pixels to the first step's source.

    Content of an earlier step that a later one cuts off is cut off in the result too.
    """
    return reduce(_followed, maps)


def _followed(first: SourceMap, then: SourceMap) -> SourceMap:
    crop_left, offset_x, width = _axis(
        (first.scale, first.crop_left, first.offset_x, first.content_width),
        (then.scale, then.crop_left, then.offset_x, then.content_width),
    )
    crop_top, offset_y, height = _axis(
        (first.scale, first.crop_top, first.offset_y, first.content_height),
        (then.scale, then.crop_top, then.offset_y, then.content_height),
    )
    return SourceMap(
        scale=first.scale * then.scale,
        offset_x=offset_x,
        offset_y=offset_y,
        crop_left=crop_left,
        crop_top=crop_top,
        content_width=width,
        content_height=height,
        rows=first.rows,
        columns=first.columns,
    )


Axis = tuple[float, float, float, float]
ROUNDING = 1e-6  # pixels: content that ends this close to a cut is not cut


def _axis(first: Axis, then: Axis) -> tuple[float, float, float]:
    """(crop, offset, content) of one axis of both (scale, crop, offset, content).

    What `then` keeps of the pixels between is [its crop, its crop + its content / its scale).
    """
    scale, crop, offset, content = first
    then_scale, then_crop, then_offset, then_content = then
    end, then_end = offset + content, then_crop + then_content / then_scale
    start = max(offset, then_crop)
    whole = then_crop <= offset + ROUNDING and end <= then_end + ROUNDING
    kept = content if whole else max(0.0, min(end, then_end) - start)
    return crop + (start - offset) / scale, then_offset + (start - then_crop) * then_scale, kept * then_scale
