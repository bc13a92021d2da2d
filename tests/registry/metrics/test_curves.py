"""Curves against scikit-learn and against worked examples."""

import numpy as np
import pytest
from sklearn.metrics import auc, roc_curve

from registry.metrics.classification import calibration_error
from registry.metrics.curves import (
    calibration_bins,
    calibration_error_equal_width,
    calibration_noise,
    roc_points,
    wilson_interval,
)
from registry.metrics.errors import SampleUnusable


def test_the_roc_curve_has_sklearn_s_points_ties_taken_together() -> None:
    generator = np.random.default_rng(0)
    present = generator.random(150) < 0.3
    scores = np.round(generator.normal(size=150) + present, 1)
    found = roc_points(present, scores)
    x, y, _ = roc_curve(present, scores, drop_intermediate=False)
    assert [point.false_positive_rate for point in found] == pytest.approx(x.tolist())
    assert [point.sensitivity for point in found] == pytest.approx(y.tolist())


def test_a_thinned_curve_keeps_its_ends_and_nearly_its_area() -> None:
    generator = np.random.default_rng(0)
    present = generator.random(5000) < 0.3
    scores = generator.normal(size=5000) + present
    found = roc_points(present, scores, most=100)
    whole = roc_curve(present, scores)
    x, y = [p.false_positive_rate for p in found], [p.sensitivity for p in found]
    assert len(found) == 100 and (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert auc(x, y) == pytest.approx(auc(whole[0], whole[1]), abs=0.002)


def test_one_class_has_no_roc_curve() -> None:
    with pytest.raises(SampleUnusable):
        roc_points([True, True], [0.1, 0.2])


def test_calibration_bins_add_up_to_the_calibration_error() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.random(205)
    present = generator.random(205) < probabilities
    bins = calibration_bins(present, probabilities)
    assert sum(b.n for b in bins) == 205
    error = sum(abs(b.observed - b.predicted) * b.n for b in bins) / 205
    assert error == pytest.approx(calibration_error(present, probabilities))
    assert all(b.low <= b.observed <= b.high for b in bins)


def test_equal_width_bins_give_the_worked_example() -> None:
    # two bins: .2 and .3 with one of two positive -> gap .25 each; .9 positive -> gap .1
    found = calibration_error_equal_width([True, False, True], [0.2, 0.3, 0.9], bins=2)
    assert found == pytest.approx((abs(1 - 0.5) + 0.1) / 3)


def test_the_noise_of_a_calibrated_model_shrinks_with_the_number_of_images() -> None:
    few, many = (calibration_noise(np.full(n, 0.5), draws=50) for n in (100, 10_000))
    assert 0.08 < few < 0.18 and many < 0.02


def test_wilson_s_interval_is_the_published_one() -> None:
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-4)  # Newcombe 1998, table I
    with pytest.raises(SampleUnusable):
        wilson_interval(0, 0)
