"""Every vectorised metric equals the plain one on every resample."""

import time

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from registry.metrics.bootstrap import bootstrap_interval
from registry.metrics.classification import calibration_error, roc_auc
from registry.metrics.errors import SampleUnusable
from registry.metrics.resampling import (
    Resamples,
    auc_interval,
    calibration_interval,
    like_pairs,
    like_pairs_interval,
    mean_auc_interval,
    mean_interval,
    resampled_auc,
    resamples_of,
    share_interval,
)


def sample(seed: int = 0, n: int = 80) -> tuple[np.ndarray, np.ndarray, list[int]]:
    generator = np.random.default_rng(seed)
    present = generator.random(n) < 0.4
    scores = np.round(generator.normal(size=n) + present, 1)  # with ties
    return present, scores, (np.arange(n) // 2).tolist()


def test_rows_of_a_group_are_drawn_together_and_as_many_groups_as_there_are() -> None:
    drawn = resamples_of(["a", "b", "a", "c"], resamples=50).weights
    assert (drawn[:, 0] == drawn[:, 2]).all()
    assert (drawn[:, 0] + drawn[:, 1] + drawn[:, 3] == 3).all()


def test_every_resampled_auc_is_sklearn_s_with_the_rows_repeated() -> None:
    present, scores, groups = sample()
    resamples = resamples_of(groups, resamples=40)
    found = resampled_auc(present, scores, resamples)
    for value, weights in zip(found, resamples.weights, strict=True):
        rows = np.repeat(np.arange(len(scores)), weights)
        assert value == pytest.approx(roc_auc_score(present[rows], scores[rows]))


def test_the_interval_agrees_with_the_plain_bootstrap() -> None:
    present, scores, groups = sample(n=300)
    fast = auc_interval(present, scores, resamples_of(groups, resamples=1000))
    slow = bootstrap_interval(lambda rows: roc_auc(present[rows], scores[rows]), groups, resamples=1000)
    assert fast.estimate == slow.estimate
    assert (fast.low, fast.high) == (pytest.approx(slow.low, abs=0.012), pytest.approx(slow.high, abs=0.012))


def test_a_resample_without_a_class_is_left_out_and_counted() -> None:
    resamples = Resamples(np.array([[1, 1], [2, 0], [0, 2]], dtype=np.uint16))
    assert auc_interval([True, False], [2.0, 1.0], resamples).n_used == 1


def test_like_pairs_are_those_of_one_stratum_and_near_in_quantity() -> None:
    present = [True, True, False, False]
    alike = like_pairs(present, ["AP", "PA", "AP", "PA"], [0.5, 0.5, 0.52, 0.6], within=0.04)
    assert alike.tolist() == [[True, False], [False, False]]


def test_like_pairs_count_wins_and_half_of_the_ties() -> None:
    present, scores, groups = sample()
    alike = np.random.default_rng(1).random((present.sum(), (~present).sum())) < 0.5
    resamples = resamples_of(groups, resamples=30)
    found, count = like_pairs_interval(present, scores, alike, resamples)
    gaps = (scores[present][:, None] - scores[~present][None])[alike]
    assert found.estimate == pytest.approx(((gaps > 0).sum() + (gaps == 0).sum() / 2) / len(gaps))
    assert count == len(gaps) and found.low < found.estimate < found.high


def test_over_all_pairs_the_like_pairs_figure_is_the_auc() -> None:
    present, scores, groups = sample()
    resamples = resamples_of(groups, resamples=30)
    every = np.ones((present.sum(), (~present).sum()), dtype=bool)
    found, _ = like_pairs_interval(present, scores, every, resamples)
    expected = auc_interval(present, scores, resamples)
    assert found.estimate == pytest.approx(expected.estimate) and found.low == pytest.approx(expected.low)


def test_no_like_pair_is_no_figure() -> None:
    with pytest.raises(SampleUnusable):
        like_pairs_interval([True, False], [1.0, 0.0], np.zeros((1, 1), bool), resamples_of([0, 1], resamples=5))


def test_the_mean_auc_leaves_out_unknown_rows_and_labels_without_both_classes() -> None:
    present = np.array([[1, 1], [0, 1], [1, 1], [0, 1]], dtype=bool)
    scores = np.array([[0.9, 0], [0.1, 0], [0.0, 0], [0.5, 0]])
    known = np.array([[1, 1], [1, 1], [0, 1], [1, 1]], dtype=bool)
    assert mean_auc_interval(present, scores, known, resamples_of(range(4), resamples=20)).estimate == 1.0


def test_a_share_and_a_mean_have_the_textbook_interval() -> None:
    values = np.random.default_rng(0).normal(size=400)
    interval = mean_interval(values, resamples_of(range(400), resamples=2000))
    assert (interval.high - interval.low) / 2 == pytest.approx(1.96 * values.std(ddof=1) / 20, rel=0.1)
    assert share_interval([True, True, False, False], resamples_of(range(4), resamples=50)).estimate == 0.5


def test_the_calibration_error_is_that_of_the_plain_metric() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.random(200)
    present = generator.random(200) < probabilities**2
    found = calibration_interval(present, probabilities, resamples_of(range(200), resamples=200), bins=10)
    assert found.estimate == pytest.approx(calibration_error(present, probabilities, bins=10))
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize("groups", [[], [1, 2, 3]])
def test_resamples_of_nothing_or_of_other_rows_are_refused(groups: list[int]) -> None:
    with pytest.raises(SampleUnusable):
        auc_interval([True, False], [1.0, 0.0], resamples_of(groups, resamples=5))


def test_a_hundred_aucs_with_a_thousand_resamples_take_seconds() -> None:
    present, scores, groups = sample(n=300)
    resamples = resamples_of(groups)
    started = time.monotonic()
    for _ in range(100):
        auc_interval(present, scores, resamples)
    assert time.monotonic() - started < 10
