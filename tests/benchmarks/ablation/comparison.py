"""Differences in AUC between two ways, paired: the same films, the same seeds, the same resampled patients.

Where something else than the answer gives the answer away, the AUC is one over like pairs: the share of pairs of a
positive and a negative, alike in that, in which the positive scores higher.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from registry.metrics.classification import roc_auc
from registry.metrics.resampling import Resamples, percentile_interval, resampled_auc
from tests.benchmarks.ablation.extraction import CLEAN

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MEAN_OF_ALL, ALL_PAIRS = "mean of all", "clean, all pairs"
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Difference:
    """AUC of the reference less AUC of a variant in one test: above 0, the reference is better.

    Attributes:
        reference, variant: what is compared, by the names of the table's rows.
        auc: of the variant, mean over seeds.
        low, high: of the 95 % interval of the difference over resampled patients.
        p: two-sided, from the normal distribution with the resamples' standard deviation.
        adjusted: p after Holm's correction over its family; equal to p before `adjusted_together`.
    """

    anatomy: str
    reference: str
    variant: str
    test: str
    auc: float
    difference: float
    low: float
    high: float
    p: float
    adjusted: float

    @property
    def proven(self) -> bool:
        """Holds after the correction."""
        return self.adjusted < LEVEL


@dataclass(frozen=True, slots=True)
class _Drawn:
    """AUC of one way in one test, mean over seeds: of the films as they are, and of every resample (b,)."""

    auc: float
    resampled: Floats


def differences_of(
    anatomy: str,
    scores: Mapping[str, Mapping[str, Floats]],
    *,
    reference: str,
    present: Flags,
    alike: Flags | None,
    resamples: Resamples,
) -> list[Difference]:
    """Every variant against the reference in every test, and in the mean over all tests.

    Args:
        scores: float64 (seeds, n) by variant and test, NaN where a film was not tested.
        present: bool (n,). alike: bool (n positives, n negatives), or None to compare all pairs.
        resamples: of the patients, the same for everything.
    """
    drawn = {name: _drawn(tests, present, alike, resamples) for name, tests in scores.items()}
    return [
        _difference((anatomy, reference, name, test), drawn[reference][test], found)
        for name, tests in drawn.items()
        if name != reference
        for test, found in tests.items()
    ]


def aucs_of(
    scores: Mapping[str, Floats], present: Flags, alike: Flags | None, resamples: Resamples
) -> dict[str, tuple[float, float, float]]:
    """(AUC, low, high) by test of one way, and of the mean over all tests."""
    found = {}
    for test, drawn in _drawn(scores, present, alike, resamples).items():
        interval = percentile_interval(drawn.auc, drawn.resampled)
        found[test] = (interval.estimate, interval.low, interval.high)
    return found


def adjusted_together(differences: Sequence[Difference]) -> list[Difference]:
    """Holm's correction over all of them. Source: Holm, Scandinavian Journal of Statistics 6 (1979)."""
    order = np.argsort([entry.p for entry in differences], kind="stable")
    adjusted, largest = np.ones(len(differences)), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(differences) - rank) * differences[index].p))
        adjusted[index] = largest
    return [replace(entry, adjusted=float(value)) for entry, value in zip(differences, adjusted, strict=True)]


def _drawn(
    scores: Mapping[str, Floats], present: Flags, alike: Flags | None, resamples: Resamples
) -> dict[str, _Drawn]:
    """By test; the mean last. Like pairs have the clean films' AUC over all pairs beside them, outside the mean."""
    found = {test: _of_test(values, present, alike, resamples) for test, values in scores.items()}
    beside = {} if alike is None else {ALL_PAIRS: _of_test(scores[CLEAN], present, None, resamples)}
    every = _Drawn(
        float(np.mean([drawn.auc for drawn in found.values()])),
        np.mean([drawn.resampled for drawn in found.values()], axis=0),
    )
    return {**beside, **found, MEAN_OF_ALL: every}


def _of_test(scores: Floats, present: Flags, alike: Flags | None, resamples: Resamples) -> _Drawn:
    aucs, resampled = [], []
    for values in scores:
        rows = np.flatnonzero(np.isfinite(values))
        flags, there = present[rows], resamples.of(rows)
        if alike is None:
            aucs.append(roc_auc(flags, values[rows]))
            resampled.append(resampled_auc(flags, values[rows], there))
        else:
            tested = np.isfinite(values)
            auc, drawn = _like_auc(values[rows], flags, alike[tested[present]][:, tested[~present]], there)
            aucs.append(auc)
            resampled.append(drawn)
    return _Drawn(float(np.mean(aucs)), np.mean(resampled, axis=0))


def _like_auc(values: Floats, flags: Flags, alike: Flags, resamples: Resamples) -> tuple[float, Floats]:
    """Over alike pairs: of the films as they are, and of every resample."""
    gap = values[flags][:, None] - values[~flags][None, :]
    won = (alike * ((gap > 0) + 0.5 * (gap == 0))).astype(np.float32)
    weights = resamples.weights.astype(np.float32)
    positive, negative = weights[:, flags], weights[:, ~flags]
    above = ((positive @ won) * negative).sum(axis=1, dtype=np.float64)
    below = ((positive @ alike.astype(np.float32)) * negative).sum(axis=1, dtype=np.float64)
    return float(won.sum(dtype=np.float64) / alike.sum()), above / np.maximum(below, 1e-9)


def _difference(names: tuple[str, str, str, str], reference: _Drawn, found: _Drawn) -> Difference:
    resampled = reference.resampled - found.resampled
    interval = percentile_interval(reference.auc - found.auc, resampled)
    spread = float(np.nanstd(resampled))
    z = abs(interval.estimate) / spread if spread > 0 else 0.0
    p = erfc(z / sqrt(2))
    return Difference(*names, found.auc, interval.estimate, interval.low, interval.high, p, p)
