"""Histogram normalisation: what exposure did to the grey values is taken out, and kept in the map back."""

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.preprocess_settings import PreprocessSettings
from imaging.pipeline.steps.maps import KEPT, LOST, UNCHANGED, Grey, IntensityStep

EQUALISER_BINS = 4096
CLAHE_TILES = (8, 8)


@dataclass(frozen=True, slots=True)
class Windowed:
    """[low, high] was stretched to [0, 1]: recovered to rounding (2e-7) inside; low or high outside."""

    low: float
    high: float
    order: str = KEPT
    exact: bool = False
    lost: str = "how far below or above the window a grey value was"

    def recovered(self, grey: Grey) -> Grey:
        return grey * np.float32(self.high - self.low) + np.float32(self.low)


@dataclass(frozen=True, slots=True)
class Equalised:
    """Every kept grey value became its rank: recovered to half a bin, 1 / 8192; black is recovered as 0.

    Attributes:
        share: float32 (4096,), what each bin became.
        counts: int64 (4096,), kept pixels a bin; what no pixel was in is never recovered.
    """

    share: NDArray[np.float32] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)
    order: str = KEPT
    exact: bool = False
    lost: str = "differences within a bin, and below the black level"

    def recovered(self, grey: Grey) -> Grey:
        bins = np.flatnonzero(self.counts)
        if not bins.size:
            return np.zeros_like(grey)
        shares, centres = self.share[bins], (bins + 0.5) / EQUALISER_BINS
        middles = (shares[1:] + shares[:-1]) / 2
        nearest = centres[np.searchsorted(middles, grey)].astype(np.float32)
        return np.where(grey > 0, nearest, np.float32(0.0))


@dataclass(frozen=True, slots=True)
class LocallyEqualised:
    """A window, then CLAHE, whose curve differs from place to place: only the window is undone."""

    window: IntensityStep = field(repr=False)
    order: str = LOST
    exact: bool = False
    lost: str = "the local contrast: one grey value becomes many"

    def recovered(self, grey: Grey) -> Grey:
        return self.window.inverse.recovered(grey)


def normalised(grey: Grey, settings: PreprocessSettings) -> IntensityStep:
    """float32 (height, width) -> the same in [0, 1] with a standard histogram."""
    return NORMALISERS[settings.normalise](grey, settings)


def _unchanged(grey: Grey, settings: PreprocessSettings) -> IntensityStep:
    return IntensityStep(grey, UNCHANGED)


def percentile_window(grey: Grey, settings: PreprocessSettings) -> IntensityStep:
    """Linear stretch of the two percentiles to [0, 1]; a flat frame stays as it is, clipped."""
    low, high = np.percentile(grey, (settings.low_percentile, settings.high_percentile))
    if high - low < 1e-6:
        return IntensityStep(np.asarray(np.clip(grey, 0.0, 1.0), dtype=np.float32), Windowed(0.0, 1.0))
    stretched = np.clip((grey - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return IntensityStep(np.asarray(stretched, dtype=np.float32), Windowed(float(low), float(high)))


def equalise_nonblack(grey: Grey, settings: PreprocessSettings) -> IntensityStep:
    """Histogram equalisation over the pixels above the black level; black stays black.

    Each kept pixel becomes the share of kept pixels in the bins below its own plus half of its own bin's, over 4096
    bins, so the brightness of the exposure is gone and only the order of the grey values is left.
    """
    kept = grey > settings.black_level
    total = int(np.count_nonzero(kept))
    if total == 0:
        nothing = np.zeros(EQUALISER_BINS)
        return IntensityStep(np.zeros_like(grey), Equalised(nothing.astype(np.float32), nothing.astype(np.int64)))
    scaled = grey * np.float32(EQUALISER_BINS)
    index = np.clip(scaled, 0, EQUALISER_BINS - 1, out=scaled).astype(np.intp)
    counts = np.bincount(index.ravel(), minlength=EQUALISER_BINS)
    _leave_out_black(counts, settings.black_level, total)
    share = ((np.cumsum(counts, dtype=np.float64) - 0.5 * counts) / total).astype(np.float32)
    equalised = share.take(index)
    return IntensityStep(np.multiply(equalised, kept, out=equalised), Equalised(share, counts))


def _leave_out_black(counts: NDArray[np.int64], black_level: float, total: int) -> None:
    """Leaves, of the counts of all pixels, those of the `total` above the black level; its own bin gets the rest."""
    black = min(max(int(np.float32(black_level) * EQUALISER_BINS), 0), EQUALISER_BINS - 1)
    counts[:black] = 0
    counts[black] = total - counts[black + 1 :].sum()


def clahe(grey: Grey, settings: PreprocessSettings) -> IntensityStep:
    """The percentile window, then contrast-limited adaptive equalisation over 8 x 8 tiles, in 16 bits."""
    window = percentile_window(grey, settings)
    sixteen_bit = np.round(window.grey * 65535).astype(np.uint16)
    equaliser = cv2.createCLAHE(clipLimit=settings.clahe_clip, tileGridSize=CLAHE_TILES)
    equalised = np.asarray(equaliser.apply(sixteen_bit), dtype=np.float32) / np.float32(65535)
    return IntensityStep(equalised, LocallyEqualised(window))


NORMALISERS: dict[str, Callable[[Grey, PreprocessSettings], IntensityStep]] = {
    "none": _unchanged,
    "percentile_window": percentile_window,
    "equalise_nonblack": equalise_nonblack,
    "clahe": clahe,
}
