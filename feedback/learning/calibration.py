"""From out-of-fold logits to probabilities, operating points and triage thresholds. Nothing here is a constant."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax

from registry.metrics.bootstrap import bootstrap_interval
from registry.metrics.classification import rates_at, threshold_for_sensitivity, threshold_for_specificity
from registry.runtime.values import Calibration, OperatingPoint

Floats = NDArray[np.float64]
HOTTEST, COLDEST = 50.0, 0.05  # a label whose logits say nothing would otherwise ask for an infinite temperature


def fit_calibration(logits: Floats, present: NDArray[np.bool_]) -> Calibration:
    """Temperature and bias that minimise the cross-entropy of sigmoid((logit - bias) / temperature).

    Args:
        logits: float (n,), out of fold. present: bool (n,).
    Source: Platt 1999 with his smoothed targets, so that separable samples keep finite probabilities.
    """
    positives, negatives = int(present.sum()), int((~present).sum())
    targets = np.where(present, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def cross_entropy(parameters: Floats) -> float:
        z = parameters[0] * logits + parameters[1]
        return float(np.mean(np.logaddexp(0.0, z) - targets * z))

    slope, offset = minimize(cross_entropy, np.array([1.0, 0.0]), method="BFGS").x
    slope = float(np.clip(slope, 1 / HOTTEST, 1 / COLDEST))
    return Calibration(temperature=1 / slope, bias=-float(offset) / slope)


def calibrated(logits: Floats, calibration: Calibration) -> Floats:
    """Probabilities of logits."""
    return expit((logits - calibration.bias) / calibration.temperature)


def fit_softmax_temperature(logits: Floats, classes: NDArray[np.int64]) -> float:
    """The temperature that minimises the cross-entropy of softmax(logits / temperature).

    Source: Guo et al. 2017.
    """

    def cross_entropy(log_temperature: float) -> float:
        chosen = log_softmax(logits / np.exp(log_temperature), axis=1)[np.arange(len(classes)), classes]
        return -float(chosen.mean())

    found = minimize_scalar(cross_entropy, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(found.x))


def choose_operating_point(
    present: NDArray[np.bool_],
    probabilities: Floats,
    groups: Sequence[str],
    *,
    data_digest: str,
    sensitivity: float | None = None,
    specificity: float | None = None,
) -> OperatingPoint:
    """The threshold that reaches a sensitivity (the highest such) or a specificity (the lowest such), with intervals.

    Raises:
        SampleUnusable: a class is missing.
        ValueError: not exactly one of the two is asked for.
    """
    if (sensitivity is None) == (specificity is None):
        raise ValueError("exactly one of sensitivity and specificity")
    if sensitivity is not None:
        threshold = threshold_for_sensitivity(present, probabilities, sensitivity=sensitivity)
        wanted = f"sensitivity {sensitivity:.2f}"
    else:
        assert specificity is not None
        threshold = threshold_for_specificity(present, probabilities, specificity=specificity)
        wanted = f"specificity {specificity:.2f}"
    return measured_point(present, probabilities, groups, threshold, data_digest, f"{wanted}, out of fold on train")


def measured_point(
    present: NDArray[np.bool_],
    probabilities: Floats,
    groups: Sequence[str],
    threshold: float,
    data_digest: str,
    chosen_for: str,
) -> OperatingPoint:
    """What a threshold gives on a sample, with intervals over groups."""
    rates = rates_at(present, probabilities, threshold=threshold)
    sensitivity, specificity = (
        bootstrap_interval(partial(_rate, present, probabilities, threshold, side), groups, resamples=500)
        for side in ("sensitivity", "specificity")
    )
    return OperatingPoint(
        threshold=threshold,
        sensitivity=rates.sensitivity,
        sensitivity_interval=(sensitivity.low, sensitivity.high),
        specificity=rates.specificity,
        specificity_interval=(specificity.low, specificity.high),
        n_positive=rates.n_positive,
        n_negative=rates.n_negative,
        data_digest=data_digest,
        chosen_for=chosen_for,
    )


def _rate(
    present: NDArray[np.bool_], probabilities: Floats, threshold: float, side: str, rows: NDArray[np.int64]
) -> float:
    return float(getattr(rates_at(present[rows], probabilities[rows], threshold=threshold), side))
