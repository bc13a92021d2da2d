"""Key images in their true shape: what is placed on them moves from pixels of the frame into the drawn picture. Pure.

By Pixel Spacing, which is what an instance's row knows; a file that says the shape of its pixels in another way only is
drawn square here (docs/viewer.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from feedback.reports.blocks import Mark
from imaging.dicom.values import SQUARE, aspect_of
from imaging.pipeline.values import BoundingBox


@dataclass(frozen=True, slots=True)
class Shape:
    """width, height: of a pixel of the frame in the drawn picture, whose unit is the pixel's shorter side."""

    width: float = 1.0
    height: float = 1.0

    def size(self, columns: int, rows: int) -> tuple[float, float]:
        """Width and height of the drawn picture."""
        return columns * self.width, rows * self.height

    def marks(self, marks: Sequence[Mark]) -> tuple[Mark, ...]:
        """The same in the drawn picture."""
        return tuple(replace(mark, box=self._box(mark.box)) for mark in marks)

    def _box(self, box: BoundingBox) -> BoundingBox:
        return BoundingBox(
            left=box.left * self.width,
            top=box.top * self.height,
            right=box.right * self.width,
            bottom=box.bottom * self.height,
        )


def shape_of(spacing: Sequence[float] | None) -> Shape:
    """Args:
    spacing: (between rows, between columns) in mm; None: not known.
    """
    aspect = (aspect_of(*spacing) if spacing else None) or SQUARE
    return Shape(height=aspect) if aspect >= 1 else Shape(width=1 / aspect)
