"""Medians, tails and their comparison, against a slow reference."""

import numpy as np
import pytest

from feedback.turnaround_figures import FEW, figures_of, median_difference, resampled_medians, spread_of


def test_few_values_are_counted_and_not_shown_unless_they_are_ones_own() -> None:
    assert figures_of([5.0] * (FEW - 1)) == figures_of([1.0] * (FEW - 1))
    assert not figures_of([5.0] * (FEW - 1)).shown and figures_of([5.0], own=True).median == 5.0
    assert spread_of([5.0] * (FEW - 1)) is None


def test_figures_are_those_of_a_worked_example() -> None:
    figures = figures_of([float(value) for value in range(101)])
    assert (figures.n, figures.median, figures.p90, figures.p99, figures.longest) == (101, 50.0, 90.0, 99.0, 100.0)


@pytest.mark.parametrize("n", [11, 12, 40])
def test_resampled_medians_are_distributed_as_medians_of_drawn_samples(n: int) -> None:
    rng = np.random.default_rng(3)
    ordered = np.sort(rng.lognormal(1.0, 0.8, n))
    fast = resampled_medians(ordered, 40_000, rng)
    slow = np.median(rng.choice(ordered, size=(40_000, n)), axis=1)
    for share in (2.5, 25, 50, 75, 97.5):
        assert np.percentile(fast, share) == pytest.approx(np.percentile(slow, share), rel=0.03)


def test_the_difference_of_two_equal_groups_is_not_clear_and_of_unlike_ones_is() -> None:
    rng = np.random.default_rng(6)
    without, same, faster = rng.lognormal(4, 0.5, 400), rng.lognormal(4, 0.5, 400), rng.lognormal(3.5, 0.5, 400)
    alike, unlike = median_difference(same, without), median_difference(faster, without)
    assert alike is not None and not alike.clear
    assert unlike is not None and unlike.clear and unlike.share is not None
    assert unlike.low < unlike.value < unlike.high < 0
    assert unlike.share[0] == pytest.approx(np.exp(-0.5) - 1, abs=0.08)


def test_an_interval_holds_the_true_difference_about_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(7), 0
    for seed in range(200):
        found = median_difference(rng.normal(10, 2, 60), rng.normal(12, 2, 60), resamples=500, seed=seed)
        assert found is not None
        held += found.low <= -2 <= found.high
    assert 180 <= held <= 200


def test_too_few_on_either_side_make_no_comparison() -> None:
    assert median_difference([1.0] * 9, [2.0] * 50) is None
