"""The familiarity region against scikit-learn, and what it turns away."""

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from registry.metrics.errors import SampleUnusable
from registry.metrics.familiarity import fit_region, shrunk_covariance, squared_distances


def correlated(n: int, size: int) -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.normal(size=(n, size)) @ generator.normal(size=(size, size)) + 3.0


@pytest.mark.parametrize(("n", "size"), [(200, 8), (20, 40)])
def test_covariance_and_distances_agree_with_scikit_learn(n: int, size: int) -> None:
    values = correlated(n, size)
    reference = LedoitWolf().fit(values)
    np.testing.assert_allclose(shrunk_covariance(values - values.mean(axis=0)), reference.covariance_, rtol=1e-9)
    np.testing.assert_allclose(squared_distances(values, fit_region(values)), reference.mahalanobis(values), rtol=1e-6)


def test_what_is_far_away_is_farther_than_anything_familiar() -> None:
    values = correlated(300, 8)
    region = fit_region(values)
    assert squared_distances(values + 100.0, region).min() > squared_distances(values, region).max()


def test_a_constant_channel_does_not_break_the_region() -> None:
    values = np.column_stack([correlated(50, 3), np.zeros(50)])
    assert np.isfinite(squared_distances(values, fit_region(values))).all()


@pytest.mark.parametrize("values", [np.zeros((1, 3)), np.full((4, 3), np.nan), np.zeros(4)])
def test_samples_without_a_region_are_refused(values: np.ndarray) -> None:
    with pytest.raises(SampleUnusable):
        fit_region(values)
