"""The region of few directions: orthonormal, complete where it can be, and it sees what lies beside the data."""

import numpy as np

from feedback.learning.classifier_artefact import region_basis


def test_few_channels_are_all_kept() -> None:
    assert np.array_equal(region_basis(np.random.default_rng(0).normal(size=(30, 6)), most=6), np.eye(6))


def test_many_channels_become_orthonormal_directions_that_hold_the_largest_variance() -> None:
    generator = np.random.default_rng(1)
    spread = np.concatenate([np.full(4, 10.0), np.full(36, 0.1)])
    basis = region_basis(generator.normal(size=(200, 40)) * spread, most=8)
    assert basis.shape == (40, 8)
    np.testing.assert_allclose(basis.T @ basis, np.eye(8), atol=1e-10)
    assert np.linalg.norm(basis[:4, :4]) ** 2 > 3.99


def test_what_lies_beside_the_data_is_still_seen() -> None:
    features = np.zeros((100, 40))
    features[:, :4] = np.random.default_rng(2).normal(size=(100, 4))
    beside = np.zeros(40)
    beside[20] = 1.0
    assert np.linalg.norm(beside @ region_basis(features, most=8)) > 0.1
