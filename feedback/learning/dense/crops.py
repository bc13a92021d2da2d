"""Random crops of cached stems. Their corners lie on the grid of stride 32, so that every stage sees whole cells."""

from dataclasses import dataclass

import numpy as np

from feedback.learning.dense.targets import Targets

AROUND_BOXES = 0.5  # share of the crops of a film with boxes that hold a part of one
EDGE = 2  # cells that such a part keeps from the crop's edge


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of `side` cells of stride 16, its top left corner at (top, left); all three even."""

    top: int
    left: int
    side: int

    @property
    def rows(self) -> slice:
        """Of the logit map."""
        return slice(self.top, self.top + self.side)

    @property
    def columns(self) -> slice:
        """Of the logit map."""
        return slice(self.left, self.left + self.side)

    @property
    def stem_rows(self) -> slice:
        """Of the stage of stride 8."""
        return slice(2 * self.top, 2 * (self.top + self.side))

    @property
    def stem_columns(self) -> slice:
        """Of the stage of stride 8."""
        return slice(2 * self.left, 2 * (self.left + self.side))


def draw_crop(cells: Targets, side: int, generator: np.random.Generator) -> Crop:
    """A crop of `side` cells of targets (L, G, G), about a positive cell for half of the films that have one."""
    places = (cells.shape[-1] - side) // 2 + 1
    top, left = (int(value) for value in generator.integers(places, size=2))
    positive = np.argwhere((cells == 1).any(axis=0))
    if len(positive) and generator.random() < AROUND_BOXES:
        row, column = positive[generator.integers(len(positive))]
        above, before = generator.integers(EDGE, max(EDGE + 1, side - EDGE), size=2)
        top, left = (int(np.clip(value // 2, 0, places - 1)) for value in (row - above, column - before))
    return Crop(2 * top, 2 * left, side)
