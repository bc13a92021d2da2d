"""The randomised-weights test: correlations are Spearman's, and maps that ignore the weights do not pass for sane."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from registry.metrics.errors import SampleUnusable
from registry.metrics.sanity import explanation_sanity, rank_correlations


def maps(seed: int, n: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 7, 9)).astype(np.float32)


def test_correlations_equal_those_of_scipy_with_ties_too():
    one, other = maps(0).round(0), (maps(0) + maps(1)).round(0)
    expected = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(rank_correlations(one, other), expected, atol=1e-12)


def test_maps_that_do_not_change_correlate_fully_and_others_hardly():
    found = explanation_sanity(maps(0, 40), head_random=maps(0, 40), all_random=maps(1, 40))
    assert (found.head, found.n) == (pytest.approx(1.0), 40)
    assert abs(found.everything) < 0.1


def test_a_flat_map_correlates_with_nothing():
    assert rank_correlations(np.zeros((1, 3, 3), np.float32), maps(0, 1)[:, :3, :3]).tolist() == [0.0]


@pytest.mark.parametrize("shape", [(0, 7, 9), (5, 7, 8), (5, 63)])
def test_maps_that_cannot_be_compared_are_refused(shape):
    with pytest.raises(SampleUnusable):
        explanation_sanity(maps(0), head_random=maps(1), all_random=np.zeros(shape, np.float32))
