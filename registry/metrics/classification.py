"""Metrics of scores against a binary reference standard: arrays in, numbers out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from registry.metrics.errors import SampleUnusable

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rates:
    """What a threshold gives on a sample; a rate is NaN when its class is absent."""

    sensitivity: float
    specificity: float
    n_positive: int
    n_negative: int


def roc_auc(present: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve: the chance that a positive outranks a negative, ties counting half.

    Args:
        present: bool (n,). scores: float (n,), finite, higher = more likely.
    Raises:
        SampleUnusable: lengths differ, a score is not finite, or only one class is there.
    Source: the Mann-Whitney statistic; Hanley and McNeil 1982.
    """
    flags, values = _sample(present, scores)
    n_positive, n_negative = int(flags.sum()), int((~flags).sum())
    if not n_positive or not n_negative:
        raise SampleUnusable
    ranks = rankdata(values)
    return float((ranks[flags].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def average_precision(present: ArrayLike, scores: ArrayLike) -> float:
    """Sum over thresholds of precision times the gain in recall, tied scores taken together.

    Raises:
        SampleUnusable: as roc_auc, or no positive.
    """
    flags, values = _sample(present, scores)
    if not flags.any():
        raise SampleUnusable
    order = np.argsort(-values, kind="stable")
    found, values = np.cumsum(flags[order]), values[order]
    last_of_tie = np.append(np.diff(values) != 0, True)
    found, taken = found[last_of_tie], (np.flatnonzero(last_of_tie) + 1)
    gains = np.diff(found, prepend=0) / flags.sum()
    return float((gains * found / taken).sum())


def rates_at(present: ArrayLike, scores: ArrayLike, *, threshold: float) -> Rates:
    """Sensitivity and specificity of "score >= threshold".

    Raises:
        SampleUnusable: lengths differ or a score is not finite.
    """
    flags, values = _sample(present, scores)
    called = values >= threshold
    n_positive, n_negative = int(flags.sum()), int((~flags).sum())
    return Rates(
        sensitivity=float(called[flags].mean()) if n_positive else float("nan"),
        specificity=float((~called[~flags]).mean()) if n_negative else float("nan"),
        n_positive=n_positive,
        n_negative=n_negative,
    )


def threshold_for_sensitivity(present: ArrayLike, scores: ArrayLike, *, sensitivity: float) -> float:
    """The highest observed score that still reaches a sensitivity when "score >= threshold" is called.

    Raises:
        SampleUnusable: no positive, or a sensitivity outside (0, 1].
    """
    flags, values = _sample(present, scores)
    if not flags.any() or not 0 < sensitivity <= 1:
        raise SampleUnusable
    descending = np.sort(values[flags])[::-1]
    return float(descending[int(np.ceil(sensitivity * len(descending) - 1e-9)) - 1])


def threshold_for_specificity(present: ArrayLike, scores: ArrayLike, *, specificity: float) -> float:
    """The lowest threshold that reaches a specificity; it lies halfway above the last negative that has to stay below.

    Raises:
        SampleUnusable: no negative, or a specificity outside (0, 1].
    """
    flags, values = _sample(present, scores)
    if flags.all() or not 0 < specificity <= 1:
        raise SampleUnusable
    ascending = np.sort(values[~flags])
    last_below = ascending[int(np.ceil(specificity * len(ascending) - 1e-9)) - 1]
    above = values[values > last_below]
    return float(np.nextafter(last_below, np.inf) if not above.size else (last_below + above.min()) / 2)


def calibration_error(present: ArrayLike, probabilities: ArrayLike, *, bins: int = 10) -> float:
    """Expected calibration error over bins of equal count: mean |observed share - mean probability|, weighted by count.

    Raises:
        SampleUnusable: lengths differ, or a probability outside [0, 1].
    Source: Naeini et al. 2015, with quantile bins, which do not starve when most probabilities are small.
    """
    flags, values = _sample(present, probabilities)
    if values.min() < 0 or values.max() > 1:
        raise SampleUnusable
    parts = np.array_split(np.argsort(values, kind="stable"), min(bins, len(values)))
    gaps = [abs(flags[part].mean() - values[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(values))


def brier_score(present: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared difference of probability and outcome. Raises SampleUnusable as calibration_error."""
    flags, values = _sample(present, probabilities)
    return float(((values - flags) ** 2).mean())


def _sample(present: ArrayLike, scores: ArrayLike) -> tuple[Flags, Floats]:
    flags, values = np.asarray(present).astype(bool), np.asarray(scores, dtype=np.float64)
    if flags.ndim != 1 or flags.shape != values.shape or not len(flags) or not np.isfinite(values).all():
        raise SampleUnusable
    return flags, values
