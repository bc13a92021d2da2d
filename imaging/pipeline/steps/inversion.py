"""Photometric inversion: a negative is turned back. Exact, falling, and its own inverse."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.preprocess_settings import InversionRule
from imaging.pipeline.steps.maps import REVERSED, Grey, IntensityStep

THUMBNAIL_SIDE = 64  # the photometric statistics are those of a 64 x 64 thumbnail; the fitted weights belong to it


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Black and white were exchanged: x -> 1 - x, so that 1 - (1 - x) differs from x by at most one rounding, 6e-8."""

    order: str = REVERSED
    exact: bool = True
    lost: str = ""

    def recovered(self, grey: Grey) -> Grey:
        return exchanged(grey)


def upright(grey: Grey, rule: InversionRule | None) -> IntensityStep:
    """The film with air dark, by the fitted rule; None leaves it as it is.

    Args:
        grey: float32 (rows, columns) in [0, 1].
    """
    if rule is None or not is_negative(grey, rule):
        return IntensityStep(grey)
    return IntensityStep(exchanged(grey), Exchanged())


def exchanged(grey: Grey) -> Grey:
    """Black and white exchanged."""
    return np.float32(1.0) - grey


def is_negative(grey: Grey, rule: InversionRule) -> bool:
    """True when the fitted rule says that black and white are exchanged."""
    return float(np.dot(rule.weights, photometric_statistics(grey))) > rule.threshold


def photometric_statistics(grey: Grey) -> NDArray[np.float64]:
    """Six numbers, float64 (6,), that change sign (to rounding) when the frame is turned into its negative.

    Outside the patient a radiograph shows unattenuated beam: black, at the upper corners and along the edge, and more
    pixels sit at the black end than at the white end.
    """
    side = THUMBNAIL_SIDE
    small = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA).astype(np.float64)
    edge, eighth, quarter = 3, side // 8, side // 4
    strips = (small[:edge], small[-edge:], small[:, :edge], small[:, -edge:])
    frame_edge = np.concatenate([strip.ravel() for strip in strips])
    upper = np.concatenate([small[:eighth, :eighth].ravel(), small[:eighth, -eighth:].ravel()])
    corners = np.median([part.ravel() for rows in (small[:6], small[-6:]) for part in (rows[:, :6], rows[:, -6:])], 1)
    centred, spread = small - small.mean(), small.std() + 1e-6
    return np.array(
        [
            small.mean() - 0.5,
            np.median(upper) - np.median(small),
            frame_edge.mean() - small[quarter:-quarter, quarter:-quarter].mean(),
            (small > 0.94).mean() - (small < 0.06).mean(),
            corners.min() + corners.max() - 1.0,
            -(centred * centred * centred).mean() / spread**3,
        ]
    )
