"""Intervals resample groups, and cover what they should."""

import numpy as np
import pytest

from registry.metrics.bootstrap import bootstrap_interval, paired_difference, rows_by_group
from registry.metrics.errors import SampleUnusable


def test_rows_of_a_group_stay_together() -> None:
    assert [rows.tolist() for rows in rows_by_group(["a", "b", "a", "c"])] == [[0, 2], [1], [3]]


def test_the_interval_of_a_mean_is_close_to_the_textbook_one() -> None:
    values = np.random.default_rng(0).normal(size=400)
    interval = bootstrap_interval(lambda rows: float(values[rows].mean()), range(400), resamples=2000)
    half = 1.96 * values.std(ddof=1) / 20
    assert interval.estimate == pytest.approx(values.mean())
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.1)


def test_repeated_images_of_a_patient_do_not_narrow_the_interval() -> None:
    values = np.random.default_rng(0).normal(size=60)
    repeated, groups = np.repeat(values, 5), np.repeat(np.arange(60), 5).tolist()
    once = bootstrap_interval(lambda rows: float(values[rows].mean()), range(60), resamples=1000)
    five = bootstrap_interval(lambda rows: float(repeated[rows].mean()), groups, resamples=1000)
    assert five.high - five.low == pytest.approx(once.high - once.low, rel=0.05)


def test_resamples_without_a_class_are_left_out_and_counted() -> None:
    def metric(rows: np.ndarray) -> float:
        if 0 not in rows:
            raise SampleUnusable
        return 1.0

    interval = bootstrap_interval(metric, range(5), resamples=200)
    assert 0 < interval.n_used < 200 and (interval.low, interval.high) == (1.0, 1.0)


def test_a_paired_difference_of_a_score_with_itself_is_zero() -> None:
    values = np.arange(20.0)
    interval = paired_difference(lambda r: float(values[r].mean()), lambda r: float(values[r].mean()), range(20))
    assert (interval.low, interval.high) == (0.0, 0.0)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).normal(size=30)
    first, second = (bootstrap_interval(lambda r: float(values[r].mean()), range(30), seed=4) for _ in range(2))
    assert first == second


def test_no_rows_are_refused() -> None:
    with pytest.raises(SampleUnusable):
        bootstrap_interval(lambda rows: 0.0, [])
