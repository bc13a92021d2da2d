"""Intervals by resampling whole patients (or near-duplicate groups), never single images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from registry.metrics.errors import SampleUnusable

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate on the whole sample and its percentile interval.

    Attributes:
        n_used: resamples on which the metric could be computed; the others lacked a class.
    """

    estimate: float
    low: float
    high: float
    n_used: int


def bootstrap_interval(
    metric: Callable[[Indices], float],
    groups: Sequence[object],
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a metric over resampled groups.

    Args:
        metric: from row indices (a row may come more than once) to a number; may raise SampleUnusable or return NaN.
        groups: one per row; rows of a group are drawn together.
    Raises:
        SampleUnusable: no rows, or the metric fails on the whole sample.
    Source: Efron and Tibshirani 1993, chapter 13; cluster bootstrap as Field and Welsh 2007.
    """
    if not len(groups):
        raise SampleUnusable
    rows = rows_by_group(groups)
    estimate = metric(np.arange(len(groups)))
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(resamples):
        drawn = generator.integers(len(rows), size=len(rows))
        value = _or_nan(metric, np.concatenate([rows[index] for index in drawn]))
        if np.isfinite(value):
            values.append(value)
    if not values:
        return Interval(float(estimate), float("nan"), float("nan"), 0)
    tail = (1 - level) / 2 * 100
    low, high = np.percentile(values, [tail, 100 - tail])
    return Interval(float(estimate), float(low), float(high), len(values))


def paired_difference(
    first: Callable[[Indices], float],
    second: Callable[[Indices], float],
    groups: Sequence[object],
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of first - second, both computed on the same resampled groups."""

    def difference(rows: Indices) -> float:
        return first(rows) - second(rows)

    return bootstrap_interval(difference, groups, resamples=resamples, level=level, seed=seed)


def rows_by_group(groups: Sequence[object]) -> list[Indices]:
    """Row indices of each group, in the order of first appearance."""
    found: dict[object, list[int]] = {}
    for row, group in enumerate(groups):
        found.setdefault(group, []).append(row)
    return [np.array(rows, dtype=np.int64) for rows in found.values()]


def _or_nan(metric: Callable[[Indices], float], rows: Indices) -> float:
    try:
        return metric(rows)
    except SampleUnusable:
        return float("nan")
