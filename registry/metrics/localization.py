"""Does an explanation point at what an annotator drew? The pointing game, and the yardsticks that it has to beat."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from registry.metrics.errors import SampleUnusable

Boxes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PointedFinding:
    """One label of one image: where the map is highest, and the drawn boxes.

    Attributes:
        peak: (x, y). boxes: (n, 4) left, top, right, bottom. Both as shares of the frame's width and height.
    """

    peak: tuple[float, float]
    boxes: Boxes


@dataclass(frozen=True, slots=True)
class PointingResult:
    """Shares in [0, 1] over the same findings.

    Attributes:
        hit_rate: the peak lies in a box.
        mean_box_area: what a random point would score.
        centre_rate: the frame's centre lies in a box.
        best_fixed_rate: the best single point of a 32 x 32 grid, chosen with hindsight on this very sample.
    """

    hit_rate: float
    mean_box_area: float
    centre_rate: float
    best_fixed_rate: float
    n: int


def pointing_game(findings: Sequence[PointedFinding], *, grid: int = 32) -> PointingResult:
    """Hit rate beside its yardsticks.

    Raises:
        SampleUnusable: no finding with a box.
    Source: Zhang et al. 2018 (the pointing game); the yardsticks are ours.
    """
    if not findings:
        raise SampleUnusable
    places = (np.arange(grid) + 0.5) / grid
    y, x = (axis.ravel() for axis in np.meshgrid(places, places, indexing="ij"))
    covered = np.stack([points_inside(x, y, finding.boxes) for finding in findings])
    hits = [points_inside(np.array([f.peak[0]]), np.array([f.peak[1]]), f.boxes)[0] for f in findings]
    centre = [points_inside(np.array([0.5]), np.array([0.5]), finding.boxes)[0] for finding in findings]
    return PointingResult(
        hit_rate=float(np.mean(hits)),
        mean_box_area=float(covered.mean()),
        centre_rate=float(np.mean(centre)),
        best_fixed_rate=float(covered.mean(axis=0).max()),
        n=len(findings),
    )


def points_inside(x: NDArray[np.float64], y: NDArray[np.float64], boxes: Boxes) -> NDArray[np.bool_]:
    """(n,) whether each point lies in any of the boxes, edges included."""
    left, top, right, bottom = np.reshape(boxes, (-1, 4)).T
    inside = (x[:, None] >= left) & (x[:, None] <= right) & (y[:, None] >= top) & (y[:, None] <= bottom)
    return np.asarray(inside.any(axis=1), dtype=bool)
