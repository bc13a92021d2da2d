"""Differences in AUC between two ways, paired: the same films, the same seeds, the same resampled patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from registry.metrics.classification import roc_auc
from registry.metrics.resampling import Resamples, percentile_interval, resampled_auc

Floats = NDArray[np.float64]
MEAN_OF_ALL = "mean of all"
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
    present: NDArray[np.bool_],
    resamples: Resamples,
) -> list[Difference]:
    """Every variant against the reference in every test, and in the mean over all tests.

    Args:
        scores: float64 (seeds, n) by variant and test, NaN where a film was not tested.
        present: bool (n,). resamples: of the patients, the same for everything.
    """
    drawn = {name: _with_mean(_drawn(tests, present, resamples)) for name, tests in scores.items()}
    return [
        _difference((anatomy, reference, name, test), drawn[reference][test], found)
        for name, tests in drawn.items()
        if name != reference
        for test, found in tests.items()
    ]


def aucs_of(
    scores: Mapping[str, Floats], present: NDArray[np.bool_], resamples: Resamples
) -> dict[str, tuple[float, float, float]]:
    """(AUC, low, high) by test of one way, and of the mean over all tests."""
    found = {}
    for test, drawn in _with_mean(_drawn(scores, present, resamples)).items():
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


def _drawn(scores: Mapping[str, Floats], present: NDArray[np.bool_], resamples: Resamples) -> dict[str, _Drawn]:
    return {test: _of_test(found, present, resamples) for test, found in scores.items()}


def _of_test(scores: Floats, present: NDArray[np.bool_], resamples: Resamples) -> _Drawn:
    aucs, resampled = [], []
    for found in scores:
        rows = np.flatnonzero(np.isfinite(found))
        aucs.append(roc_auc(present[rows], found[rows]))
        resampled.append(resampled_auc(present[rows], found[rows], resamples.of(rows)))
    return _Drawn(float(np.mean(aucs)), np.mean(resampled, axis=0))


def _with_mean(tests: dict[str, _Drawn]) -> dict[str, _Drawn]:
    every = _Drawn(
        float(np.mean([found.auc for found in tests.values()])),
        np.mean([found.resampled for found in tests.values()], axis=0),
    )
    return {**tests, MEAN_OF_ALL: every}


def _difference(names: tuple[str, str, str, str], reference: _Drawn, found: _Drawn) -> Difference:
    resampled = reference.resampled - found.resampled
    interval = percentile_interval(reference.auc - found.auc, resampled)
    spread = float(np.nanstd(resampled))
    z = abs(interval.estimate) / spread if spread > 0 else 0.0
    p = erfc(z / sqrt(2))
    return Difference(*names, found.auc, interval.estimate, interval.low, interval.high, p, p)
