"""Denoising. Not invertible and not monotone: what was taken for noise is gone, within a stated neighbourhood."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.steps.maps import LOST, UNCHANGED, Grey, IntensityStep


@dataclass(frozen=True, slots=True)
class Smoothed:
    """Every grey value became one between the smallest and the largest that were within `reach` pixels of it.

    Attributes:
        reach: pixels along either axis.
        rounding: beyond these two, at most this; from working in 8 bits.
    """

    reach: int
    rounding: float = 0.0
    order: str = LOST
    exact: bool = False
    lost: str = "detail that differed from its neighbourhood as noise does"

    def recovered(self, grey: Grey) -> Grey:
        """The smoothed values: nothing better is known."""
        return grey


def denoised(grey: Grey, method: str) -> IntensityStep:
    """float32 (height, width) in [0, 1] -> the same with less noise.

    Args:
        method: "none", "median3", "bilateral" or "nlm" (non-local means).
    """
    return DENOISERS[method](grey)


def _unchanged(grey: Grey) -> IntensityStep:
    return IntensityStep(grey, UNCHANGED)


def _median(grey: Grey) -> IntensityStep:
    return IntensityStep(np.asarray(cv2.medianBlur(grey, 3), dtype=np.float32), Smoothed(reach=1))


def _bilateral(grey: Grey) -> IntensityStep:
    smooth = cv2.bilateralFilter(grey, d=5, sigmaColor=0.05, sigmaSpace=2.0)
    return IntensityStep(np.asarray(smooth, dtype=np.float32), Smoothed(reach=2, rounding=1e-4))


def _non_local_means(grey: Grey) -> IntensityStep:
    cleaned = cv2.fastNlMeansDenoising(_as_bytes(grey), None, h=4, templateWindowSize=5, searchWindowSize=11)
    scaled = np.asarray(cleaned, dtype=np.float32) / np.float32(255)
    return IntensityStep(scaled, Smoothed(reach=5, rounding=1 / 255))


def _as_bytes(grey: Grey) -> NDArray[np.uint8]:
    return np.round(np.clip(grey, 0.0, 1.0) * 255).astype(np.uint8)


DENOISERS: dict[str, Callable[[Grey], IntensityStep]] = {
    "none": _unchanged,
    "median3": _median,
    "bilateral": _bilateral,
    "nlm": _non_local_means,
}
