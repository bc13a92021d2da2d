"""A figure with what it is on every resample: intervals, means over labels, and paired differences follow from that.

Figures that were resampled by the same weights are paired: their difference is taken resample by resample.
Source: Efron and Tibshirani 1993, chapter 13 (percentile interval) and chapter 10 (paired data).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from registry.metrics.bootstrap import Interval
from registry.metrics.classification import roc_auc
from registry.metrics.errors import SampleUnusable
from registry.metrics.resampling import Resamples, percentile_interval, resampled_auc

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        estimate: on the whole sample; NaN where it cannot be measured.
        draws: float (resamples,): on every resample; NaN where one lacks what is needed.
    """

    estimate: float
    draws: Floats = field(repr=False)

    @property
    def is_measured(self) -> bool:
        """Whether the sample gives a number."""
        return bool(np.isfinite(self.estimate))

    def interval(self, *, level: float = 0.95) -> Interval:
        """Percentile interval over the resamples that give a number."""
        return percentile_interval(self.estimate, self.draws, level=level)


def difference(first: Figure, second: Figure) -> Figure:
    """first - second, resample by resample.

    Raises:
        SampleUnusable: not the same number of resamples.
    """
    if first.draws.shape != second.draws.shape:
        raise SampleUnusable
    return Figure(first.estimate - second.estimate, first.draws - second.draws)


def mean_over(figures: Sequence[Figure]) -> Figure:
    """Mean over labels; a label that cannot be measured, on the sample or in a resample, is left out there.

    Raises:
        SampleUnusable: none can be measured.
    """
    usable = [figure for figure in figures if figure.is_measured]
    if not usable:
        raise SampleUnusable
    draws = np.stack([figure.draws for figure in usable])
    known = np.isfinite(draws)
    return Figure(
        float(np.mean([figure.estimate for figure in usable])),
        ratio(np.where(known, draws, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64)),
    )


def auc_figure(present: ArrayLike, scores: ArrayLike, resamples: Resamples) -> Figure:
    """Area under the ROC curve. Raises SampleUnusable as roc_auc."""
    flags, values = np.asarray(present).astype(bool), np.asarray(scores, dtype=np.float64)
    return Figure(roc_auc(flags, values), resampled_auc(flags, values, resamples))


def share_figure(hits: ArrayLike, of: ArrayLike, resamples: Resamples) -> Figure:
    """Sum of hits over sum of `of`, both counted a row: a share of what rows hold several of.

    Args:
        hits, of: counts (n,), hits <= of.
    Raises:
        SampleUnusable: lengths differ from the resamples', or nothing is counted.
    """
    above, below = np.asarray(hits, dtype=np.float64), np.asarray(of, dtype=np.float64)
    if above.shape != (resamples.n,) or below.shape != above.shape or not below.sum() > 0:
        raise SampleUnusable
    weights = resamples.weights.astype(np.float64)
    return Figure(float(above.sum() / below.sum()), ratio(weights @ above, weights @ below))


def ratio(above: Floats, below: Floats) -> Floats:
    """Element by element; NaN where there is nothing below."""
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)
