"""Many intervals from one set of resampled groups: a resample is a weight for every row, so metrics become products.

`bootstrap_interval` calls a metric once per resample; here a metric is computed for all resamples at once. All metrics
of one evaluation share the same resamples, so differences between them are paired.
Source: Efron and Tibshirani 1993, chapter 13; cluster bootstrap as Field and Welsh 2007 (multinomial group weights).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from registry.metrics.bootstrap import Interval, rows_by_group
from registry.metrics.classification import roc_auc
from registry.metrics.errors import SampleUnusable

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
Metric = Callable[[Floats], Floats]

VALUES_AT_ONCE = 2_000_000  # resamples x rows of one block, so that a set of 100 000 films needs no gigabytes


@dataclass(frozen=True, slots=True)
class Resamples:
    """How often every row of a sample came in every resample.

    Attributes:
        weights: uint16 (resamples, n); rows of one group share their column's values.
        level: of the intervals made from them.
    """

    weights: NDArray[np.uint16] = field(repr=False)
    level: float = 0.95

    @property
    def n(self) -> int:
        """Rows of the sample."""
        return int(self.weights.shape[1])

    def of(self, rows: Indices | Flags) -> "Resamples":
        """The same resamples seen by some of the rows."""
        return Resamples(np.ascontiguousarray(self.weights[:, rows]), self.level)


def resamples_of(groups: Sequence[object], *, resamples: int = 1000, level: float = 0.95, seed: int = 0) -> Resamples:
    """Draw as many groups as there are, with replacement.

    Args:
        groups: one per row; rows of a group are drawn together.
    Raises:
        SampleUnusable: no rows, no resamples, or a level outside (0, 1).
    """
    if not len(groups) or resamples < 1 or not 0 < level < 1:
        raise SampleUnusable
    members = rows_by_group(groups)
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(len(members), np.full(len(members), 1 / len(members)), size=resamples)
    weights = np.empty((resamples, len(groups)), dtype=np.uint16)
    for column, rows in enumerate(members):
        weights[:, rows] = counts[:, column : column + 1]
    return Resamples(weights, level)


def auc_interval(present: ArrayLike, scores: ArrayLike, resamples: Resamples) -> Interval:
    """Area under the ROC curve, ties counting half, with its interval.

    Args:
        present: bool (n,). scores: float (n,), finite.
    Raises:
        SampleUnusable: as roc_auc, or resamples of another length.
    """
    flags, values = np.asarray(present).astype(bool), np.asarray(scores, dtype=np.float64)
    estimate = roc_auc(flags, values)
    return percentile_interval(estimate, resampled_auc(flags, values, resamples), level=resamples.level)


def resampled_auc(flags: Flags, values: Floats, resamples: Resamples) -> Floats:
    """AUC (resamples,) of every resample; NaN where one lacks a class."""
    _check_length(flags, resamples)
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(values[order]) > 0))

    def of_block(weights: Floats) -> Floats:
        drawn = weights[:, order]
        positive = np.add.reduceat(drawn * flags[order], starts, axis=1)
        negative = np.add.reduceat(drawn * ~flags[order], starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        return _ratio((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))

    return _by_block(of_block, resamples)


def mean_auc_interval(present: NDArray[np.bool_], scores: Floats, known: Flags, resamples: Resamples) -> Interval:
    """Mean over labels of the AUC, with its interval; a label that lacks a class in a resample is left out there.

    Args:
        present, known: bool (n, L): the reference standard, and where there is one. scores: float (n, L).
    Raises:
        SampleUnusable: no label has both classes.
    """
    estimates, drawn = [], []
    for index in range(present.shape[1]):
        rows = np.flatnonzero(known[:, index])
        flags, values = present[rows, index], scores[rows, index]
        if flags.any() and not flags.all():
            estimates.append(roc_auc(flags, values))
            drawn.append(resampled_auc(flags, values, resamples.of(rows)))
    if not estimates:
        raise SampleUnusable
    table = np.stack(drawn)
    usable = np.isfinite(table)
    means = _ratio(np.where(usable, table, 0.0).sum(axis=0), usable.sum(axis=0).astype(np.float64))
    return percentile_interval(float(np.mean(estimates)), means, level=resamples.level)


def like_pairs_interval(
    present: ArrayLike, scores: ArrayLike, alike: Flags, resamples: Resamples
) -> tuple[Interval, int]:
    """Share of alike (positive, negative) pairs in which the positive scores higher, ties counting half; and how many.

    An AUC over the pairs that a confounder cannot tell apart.

    Args:
        present: bool (n,). scores: float (n,). alike: bool (n_positive, n_negative), in row order.
    Raises:
        SampleUnusable: no pair is alike.
    """
    flags, values = np.asarray(present).astype(bool), np.asarray(scores, dtype=np.float64)
    _check_length(flags, resamples)
    if not alike.any():
        raise SampleUnusable
    gap = values[flags][:, None] - values[~flags][None, :]
    won = alike * ((gap > 0) + 0.5 * (gap == 0))
    pairs = alike.astype(np.float64)

    def of_block(weights: Floats) -> Floats:
        positive, negative = weights[:, flags], weights[:, ~flags]
        return _ratio(((positive @ won) * negative).sum(axis=1), ((positive @ pairs) * negative).sum(axis=1))

    interval = percentile_interval(
        float(won.sum() / alike.sum()), _by_block(of_block, resamples), level=resamples.level
    )
    return interval, int(alike.sum())


def like_pairs(present: ArrayLike, strata: Sequence[str], quantity: ArrayLike, *, within: float) -> Flags:
    """bool (n_positive, n_negative): same stratum, and the quantity differs by at most `within`."""
    flags = np.asarray(present).astype(bool)
    names, values = np.asarray(strata), np.asarray(quantity, dtype=np.float64)
    same = names[flags][:, None] == names[~flags][None, :]
    near = np.abs(values[flags][:, None] - values[~flags][None, :]) <= within
    return np.asarray(same & near, dtype=bool)


def share_interval(flags: ArrayLike, resamples: Resamples) -> Interval:
    """Share of True with its interval: a hit rate, a sensitivity over the positives.

    Raises:
        SampleUnusable: no rows.
    """
    return mean_interval(np.asarray(flags).astype(np.float64), resamples)


def mean_interval(values: ArrayLike, resamples: Resamples) -> Interval:
    """Mean of a quantity with its interval. Raises SampleUnusable: no rows, or values that are not finite."""
    array = np.asarray(values, dtype=np.float64)
    _check_length(array, resamples)
    if not len(array) or not np.isfinite(array).all():
        raise SampleUnusable

    def of_block(weights: Floats) -> Floats:
        return _ratio(weights @ array, weights.sum(axis=1))

    return percentile_interval(float(array.mean()), _by_block(of_block, resamples), level=resamples.level)


def calibration_interval(present: ArrayLike, probabilities: ArrayLike, resamples: Resamples, *, bins: int) -> Interval:
    """Expected calibration error over bins of equal count, with its interval; a resample keeps the sample's bins.

    Resampling adds noise to every bin and the error is an absolute value, so the interval lies a little high.

    Raises:
        SampleUnusable: lengths differ, no rows, or a probability outside [0, 1].
    """
    flags, values = np.asarray(present).astype(np.float64), np.asarray(probabilities, dtype=np.float64)
    _check_length(flags, resamples)
    if not len(values) or flags.shape != values.shape or not ((values >= 0) & (values <= 1)).all():
        raise SampleUnusable
    parts = np.array_split(np.argsort(values, kind="stable"), min(bins, len(values)))
    gap = flags - values
    estimate = sum(abs(gap[part].sum()) for part in parts) / len(values)

    def of_block(weights: Floats) -> Floats:
        missed = sum(np.abs(weights[:, part] @ gap[part]) for part in parts)
        return _ratio(np.asarray(missed), weights.sum(axis=1))

    return percentile_interval(float(estimate), _by_block(of_block, resamples), level=resamples.level)


def percentile_interval(estimate: float, values: Floats, *, level: float = 0.95) -> Interval:
    """Estimate and percentile interval of the resampled values that are finite."""
    usable = values[np.isfinite(values)]
    if not usable.size:
        return Interval(estimate, float("nan"), float("nan"), 0)
    tail = (1 - level) / 2 * 100
    low, high = np.percentile(usable, [tail, 100 - tail])
    return Interval(float(estimate), float(low), float(high), int(usable.size))


def _by_block(metric: Metric, resamples: Resamples) -> Floats:
    count = max(1, VALUES_AT_ONCE // max(resamples.n, 1))
    weights = resamples.weights
    parts = [metric(weights[start : start + count].astype(np.float64)) for start in range(0, len(weights), count)]
    return np.concatenate(parts)


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)


def _check_length(values: NDArray[np.generic], resamples: Resamples) -> None:
    if values.ndim != 1 or len(values) != resamples.n:
        raise SampleUnusable
