"""Curves of scores against a binary reference standard, as plain points: what a report draws."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from registry.metrics.classification import calibration_error
from registry.metrics.errors import SampleUnusable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RocPoint:
    """What one threshold gives: both rates in [0, 1]."""

    false_positive_rate: float
    sensitivity: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The images of one bin of predicted probability.

    Attributes:
        predicted: mean probability. observed: share that is positive. low, high: its 95 % interval (Wilson 1927).
    """

    predicted: float
    observed: float
    low: float
    high: float
    n: int


def roc_points(present: ArrayLike, scores: ArrayLike, *, most: int = 200) -> tuple[RocPoint, ...]:
    """The ROC curve from (0, 0) to (1, 1): one point per distinct score, thinned to at most about `most`.

    Raises:
        SampleUnusable: only one class is there.
    Source: Fawcett 2006, algorithm 1.
    """
    flags, values = np.asarray(present).astype(bool), np.asarray(scores, dtype=np.float64)
    if not flags.any() or flags.all() or flags.shape != values.shape:
        raise SampleUnusable
    order = np.argsort(-values, kind="stable")
    last_of_tie = np.append(np.diff(values[order]) != 0, True)
    found = np.cumsum(flags[order])[last_of_tie] / flags.sum()
    false = np.cumsum(~flags[order])[last_of_tie] / (~flags).sum()
    x, y = np.append(0.0, false), np.append(0.0, found)
    kept = np.unique(np.round(np.linspace(0, len(x) - 1, min(most, len(x)))).astype(int))
    return tuple(RocPoint(float(x[index]), float(y[index])) for index in kept)


def calibration_bins(present: ArrayLike, probabilities: ArrayLike, *, bins: int = 10) -> tuple[CalibrationBin, ...]:
    """Bins of equal count, as calibration_error takes them.

    Raises:
        SampleUnusable: no rows, or lengths differ.
    """
    flags, values = np.asarray(present).astype(bool), np.asarray(probabilities, dtype=np.float64)
    if not len(values) or flags.shape != values.shape:
        raise SampleUnusable
    parts = np.array_split(np.argsort(values, kind="stable"), min(bins, len(values)))
    return tuple(_bin(flags[part], values[part]) for part in parts)


def calibration_error_equal_width(present: ArrayLike, probabilities: ArrayLike, *, bins: int = 10) -> float:
    """Expected calibration error over bins of equal width.

    Raises:
        SampleUnusable: no rows, lengths differ, or a probability outside [0, 1].
    Source: Naeini et al. 2015; Guo et al. 2017.
    """
    flags, values = np.asarray(present).astype(np.float64), np.asarray(probabilities, dtype=np.float64)
    if not len(values) or flags.shape != values.shape or values.min() < 0 or values.max() > 1:
        raise SampleUnusable
    places = np.minimum((values * bins).astype(int), bins - 1)
    gaps = np.bincount(places, weights=flags - values, minlength=bins)
    return float(np.abs(gaps).sum() / len(values))


def calibration_noise(probabilities: ArrayLike, *, bins: int = 10, draws: int = 200, seed: int = 0) -> float:
    """The calibration error that a perfectly calibrated model with these probabilities shows on average.

    With few images a bin's share differs from its probability by chance alone; an error near this number is none.

    Raises:
        SampleUnusable: no rows, or a probability outside [0, 1].
    Source: simulation of the outcomes, as in Vaicenavicius et al. 2019, section 4.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    if not len(values):
        raise SampleUnusable
    generator = np.random.default_rng(seed)
    drawn = generator.random((draws, len(values))) < values
    return float(np.mean([calibration_error(outcome, values, bins=bins) for outcome in drawn]))


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share. Source: Wilson 1927.

    Raises:
        SampleUnusable: n is 0.
    """
    if n <= 0:
        raise SampleUnusable
    z, share = 1.959964, hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _bin(flags: NDArray[np.bool_], values: Floats) -> CalibrationBin:
    low, high = wilson_interval(int(flags.sum()), len(flags))
    return CalibrationBin(float(values.mean()), float(flags.mean()), low, high, len(flags))
