"""Calibration recovers what distorted the logits; operating points reach what they were chosen for."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from feedback.learning.calibration import (
    calibrated,
    choose_operating_point,
    fit_calibration,
    fit_softmax_temperature,
)
from registry.metrics.classification import calibration_error


def distorted(n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    true_logits = generator.normal(-1.0, 1.5, n)
    return true_logits * 3.0 + 2.0, generator.random(n) < expit(true_logits)


def test_temperature_and_bias_are_recovered() -> None:
    logits, present = distorted()
    calibration = fit_calibration(logits, present)
    assert calibration.temperature == pytest.approx(3.0, rel=0.1) and calibration.bias == pytest.approx(2.0, abs=0.4)
    before, after = (
        calibration_error(present, expit(logits)),
        calibration_error(present, calibrated(logits, calibration)),
    )
    assert after < 0.02 < before


def test_logits_that_say_nothing_or_everything_keep_a_finite_temperature() -> None:
    present = np.arange(40) % 2 == 0
    for logits in (
        np.random.default_rng(1).normal(size=40),
        np.where(present, 5.0, -5.0),
        np.where(present, -5.0, 5.0),
    ):
        assert 0 < fit_calibration(logits, present).temperature <= 50.0


def test_the_softmax_temperature_is_recovered() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 1.5, (3000, 3))
    classes = np.array([generator.choice(3, p=row) for row in softmax(logits, axis=1)])
    assert fit_softmax_temperature(logits * 2.5, classes) == pytest.approx(2.5, rel=0.1)


@pytest.mark.parametrize("wanted", [{"sensitivity": 0.9}, {"specificity": 0.95}])
def test_an_operating_point_reaches_what_it_was_chosen_for_and_says_on_what(wanted: dict) -> None:
    logits, present = distorted()
    groups = [str(index // 2) for index in range(len(logits))]
    point = choose_operating_point(present, expit(logits), groups, data_digest="d", **wanted)
    reached = point.sensitivity if "sensitivity" in wanted else point.specificity
    assert reached == pytest.approx(next(iter(wanted.values())), abs=0.01)
    assert (point.n_positive + point.n_negative, point.data_digest) == (len(logits), "d")
    assert point.sensitivity_interval[0] <= point.sensitivity <= point.sensitivity_interval[1]


def test_exactly_one_rate_is_asked_for() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        choose_operating_point(np.array([True, False]), np.array([0.6, 0.4]), ["a", "b"], data_digest="d")
