import math

import pytest

from imaging.pipeline.calibrate import is_positive, probability_of_logit, probability_of_score
from registry.runtime.values import Calibration
from tests.registry.runtime.artefact_samples import POINT


@pytest.mark.parametrize(
    ("logit", "temperature", "bias", "probability"),
    [
        (0.0, 1.0, 0.0, 0.5),
        (2.0, 2.0, 0.0, 1 / (1 + math.exp(-1))),
        (1.0, 0.5, -1.0, 1 / (1 + math.exp(-4))),
        (-2000.0, 1.0, 0.0, 0.0),
        (2000.0, 1.0, 0.0, 1.0),
    ],
)
def test_a_logit_becomes_the_probability_that_the_fit_says(logit, temperature, bias, probability):
    calibration = Calibration(temperature=temperature, bias=bias)
    assert probability_of_logit(logit, calibration) == pytest.approx(probability)


@pytest.mark.parametrize("score", [0.01, 0.3, 0.5, 0.99])
def test_the_neutral_calibration_leaves_a_score_as_it_is(score):
    assert probability_of_score(score, Calibration(temperature=1.0)) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_a_certain_score_has_a_finite_probability(score):
    assert probability_of_score(score, Calibration(temperature=1.0)) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize(
    ("probability", "point", "positive"), [(0.5, POINT, True), (0.4999, POINT, False), (1.0, None, False)]
)
def test_positive_means_at_or_above_the_operating_point(probability, point, positive):
    assert is_positive(probability, point) is positive
