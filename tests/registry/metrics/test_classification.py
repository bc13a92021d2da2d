"""Classification metrics against scikit-learn and against worked examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from registry.metrics.classification import (
    average_precision,
    brier_score,
    calibration_error,
    rates_at,
    roc_auc,
    threshold_for_sensitivity,
    threshold_for_specificity,
)
from registry.metrics.errors import SampleUnusable


def sample(seed: int, n: int, *, ties: bool) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    present = generator.random(n) < 0.3
    present[:2] = (True, False)
    scores = generator.normal(size=n) + present
    return present, np.round(scores, 1) if ties else scores


@given(seed=st.integers(0, 10_000), n=st.integers(2, 200), ties=st.booleans())
@settings(max_examples=40, deadline=None)
def test_auc_and_average_precision_agree_with_scikit_learn(seed: int, n: int, ties: bool) -> None:
    present, scores = sample(seed, n, ties=ties)
    assert roc_auc(present, scores) == pytest.approx(reference.roc_auc_score(present, scores), abs=1e-12)
    expected = reference.average_precision_score(present, scores)
    assert average_precision(present, scores) == pytest.approx(expected, abs=1e-12)


def test_brier_score_agrees_with_scikit_learn() -> None:
    present, scores = sample(1, 100, ties=False)
    probabilities = 1 / (1 + np.exp(-scores))
    assert brier_score(present, probabilities) == pytest.approx(reference.brier_score_loss(present, probabilities))


@given(seed=st.integers(0, 10_000), wanted=st.floats(0.05, 1.0), ties=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_threshold_reaches_its_sensitivity_and_the_next_score_would_not(seed: int, wanted: float, ties: bool) -> None:
    present, scores = sample(seed, 120, ties=ties)
    threshold = threshold_for_sensitivity(present, scores, sensitivity=wanted)
    assert rates_at(present, scores, threshold=threshold).sensitivity >= wanted - 1e-9
    assert rates_at(present, scores, threshold=np.nextafter(threshold, np.inf)).sensitivity < wanted


@given(seed=st.integers(0, 10_000), wanted=st.floats(0.05, 1.0), ties=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_threshold_reaches_its_specificity_and_a_lower_score_would_not(seed: int, wanted: float, ties: bool) -> None:
    present, scores = sample(seed, 120, ties=ties)
    threshold = threshold_for_specificity(present, scores, specificity=wanted)
    assert rates_at(present, scores, threshold=threshold).specificity >= wanted - 1e-9
    lower = scores[scores < threshold].max()
    assert rates_at(present, scores, threshold=lower).specificity < wanted


def test_rates_of_a_worked_example() -> None:
    rates = rates_at([1, 1, 0, 0, 0], [0.9, 0.4, 0.5, 0.2, 0.1], threshold=0.5)
    assert (rates.sensitivity, rates.specificity) == (0.5, pytest.approx(2 / 3))
    assert (rates.n_positive, rates.n_negative) == (2, 3)


def test_calibration_error_is_zero_when_shares_match_and_their_gap_when_they_do_not() -> None:
    present = np.tile([True, False, False, False], 100)
    assert calibration_error(present, np.full(400, 0.25)) == pytest.approx(0.0, abs=0.03)
    assert calibration_error(present, np.full(400, 0.75), bins=1) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("present", "scores"), [([], []), ([1, 0], [0.1]), ([1, 1], [0.1, 0.2]), ([1, 0], [np.nan, 0.2])]
)
def test_samples_that_do_not_allow_an_auc_are_refused(present: list, scores: list) -> None:
    with pytest.raises(SampleUnusable):
        roc_auc(present, scores)


def test_probabilities_outside_the_unit_interval_are_refused() -> None:
    with pytest.raises(SampleUnusable):
        calibration_error([1, 0], [1.2, 0.1])
