"""Medians, tails and their comparison: pure, arrays in, numbers out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEW = 10
"""Fewer than this say more of single readers and studies than of a group: a count, no figures."""

RESAMPLES = 2000
SEED = 20261122
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of n values, in their unit; None where there are fewer than FEW, unless they are somebody's own."""

    n: int
    median: float | None = None
    p90: float | None = None
    p99: float | None = None
    longest: float | None = None

    @property
    def shown(self) -> bool:
        return self.median is not None


@dataclass(frozen=True, slots=True)
class Spread:
    """What a box plot draws."""

    p10: float
    q1: float
    median: float
    q3: float
    p90: float


@dataclass(frozen=True, slots=True)
class MedianDifference:
    """median(one) - median(other), with a percentile bootstrap interval; share: of the other's median, as (value, low,
    high), None where that median is 0."""

    value: float
    low: float
    high: float
    share: tuple[float, float, float] | None

    @property
    def clear(self) -> bool:
        """The interval leaves nought out."""
        return self.low > 0 or self.high < 0


def figures_of(values: Sequence[float] | Values, *, own: bool = False) -> Figures:
    """Count, median, 90th and 99th percentile and the longest.

    Args:
        own: these are the reader's own: shown however few.
    """
    n = len(values)
    if n == 0 or (n < FEW and not own):
        return Figures(n)
    array = np.asarray(values, dtype=float)
    median, p90, p99 = (float(value) for value in np.percentile(array, (50, 90, 99)))
    return Figures(n, median, p90, p99, float(array.max()))


def spread_of(values: Sequence[float] | Values) -> Spread | None:
    """None where there are fewer than FEW."""
    if len(values) < FEW:
        return None
    return Spread(*(float(value) for value in np.percentile(np.asarray(values, dtype=float), (10, 25, 50, 75, 90))))


def median_difference(
    one: Sequence[float] | Values, other: Sequence[float] | Values, *, resamples: int = RESAMPLES, seed: int = SEED
) -> MedianDifference | None:
    """How much one median is above the other, with a 95 % interval by resampling each side by itself.

    Reads are resampled, not readers: with few readers the interval is too narrow for other readers than these.
    None where either side has fewer than FEW.
    """
    if len(one) < FEW or len(other) < FEW:
        return None
    rng = np.random.default_rng(seed)
    first = resampled_medians(np.sort(np.asarray(one, dtype=float)), resamples, rng)
    second = resampled_medians(np.sort(np.asarray(other, dtype=float)), resamples, rng)
    value, base = float(np.median(one) - np.median(other)), float(np.median(other))
    low, high = (float(bound) for bound in np.percentile(first - second, (2.5, 97.5)))
    return MedianDifference(value, low, high, _share(first, second, value, base))


def resampled_medians(ordered: Values, resamples: int, rng: np.random.Generator) -> Values:
    """Medians of bootstrap samples, without drawing the samples: cost does not grow with n.

    A bootstrap sample is n uniform draws from the ordered values, so its middle ones are the values at the middle order
    statistics of n uniform numbers, which follow Beta(k, n - k + 1); the lower of two middle ones is the largest of the
    k numbers that are uniform below the upper one (David and Nagaraja, Order Statistics, sections 2.1 and 2.5).

    Args:
        ordered: ascending, at least one.
    """
    n = len(ordered)
    upper_rank = n // 2 + 1
    upper = rng.beta(upper_rank, n - upper_rank + 1, size=resamples)
    top = ordered[_places(upper, n)]
    if n % 2:
        return top
    lower = upper * rng.random(resamples) ** (1.0 / (upper_rank - 1))
    return (top + ordered[_places(lower, n)]) / 2


def _places(uniform: Values, n: int) -> NDArray[np.intp]:
    return np.minimum((uniform * n).astype(np.intp), n - 1)


def _share(first: Values, second: Values, value: float, base: float) -> tuple[float, float, float] | None:
    kept = second > 0
    if base <= 0 or not kept.any():
        return None
    low, high = np.percentile(first[kept] / second[kept] - 1, (2.5, 97.5))
    return value / base, float(low), float(high)
