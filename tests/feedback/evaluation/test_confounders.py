"""The baselines against scikit-learn, and blind where there is nothing to see."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from feedback.evaluation.confounders import cross_fitted, ridge_logistic
from feedback.evaluation.films import block_means
from registry.metrics.classification import roc_auc


def test_the_regression_is_scikit_learn_s() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(200, 5)) * [1, 10, 0.1, 3, 0]
    present = values[:, 0] + generator.normal(size=200) > 0
    found = ridge_logistic(values, present, penalty=2.0).scores(values)
    scaled = StandardScaler().fit_transform(values)
    expected = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(scaled, present).decision_function(scaled)
    assert found == pytest.approx(expected, abs=1e-3)


def test_cross_fitting_sees_nothing_of_a_group_that_it_scores() -> None:
    generator = np.random.default_rng(0)
    groups = [f"g{number // 2}" for number in range(400)]
    present = np.repeat(generator.random(200) < 0.5, 2)
    # both films of a patient share a fingerprint: a leak would score 1
    values = np.repeat(np.eye(200), 2, axis=0)
    assert roc_auc(present, cross_fitted("thumbnail", values, present, groups)) < 0.65


def test_cross_fitting_finds_what_is_there() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(300, 1))
    present = values[:, 0] + generator.normal(size=300) > 0
    found = roc_auc(present, cross_fitted("mean_grey", values, present, list(range(300))))
    assert found == pytest.approx(roc_auc(present, values[:, 0]), abs=0.03)


def test_block_means_are_exact_and_repeat_small_frames() -> None:
    grey = np.random.default_rng(0).random((64, 96)).astype(np.float32)
    assert block_means(grey, side=32)[0, 0] == pytest.approx(grey[:2, :3].mean(), rel=1e-6)
    assert block_means(grey[:8, :8], side=32).shape == (32, 32)
    assert block_means(grey, side=32).mean() == pytest.approx(grey.mean(), rel=1e-4)
