"""Figures, their means and paired differences, against the slow bootstrap."""

import numpy as np
import pytest

from registry.metrics.bootstrap import paired_difference
from registry.metrics.classification import roc_auc
from registry.metrics.errors import SampleUnusable
from registry.metrics.figures import Figure, auc_figure, difference, mean_over, share_figure
from registry.metrics.resampling import resamples_of


def figure(estimate: float, *draws: float) -> Figure:
    return Figure(estimate, np.array(draws))


def test_a_difference_is_taken_resample_by_resample() -> None:
    found = difference(figure(0.8, 0.9, 0.7), figure(0.5, 0.6, 0.4))
    assert found.estimate == pytest.approx(0.3) and found.draws == pytest.approx([0.3, 0.3])
    with pytest.raises(SampleUnusable):
        difference(figure(0.8, 0.9, 0.7), figure(0.5, 0.6))


def test_pairing_gives_the_narrow_interval_of_the_slow_bootstrap() -> None:
    generator = np.random.default_rng(0)
    present = generator.random(80) < 0.4
    first = generator.normal(size=80) + present
    second = first + generator.normal(0, 0.3, 80)
    resamples = resamples_of(range(80), resamples=2000)
    paired = difference(auc_figure(present, first, resamples), auc_figure(present, second, resamples)).interval()
    slow = paired_difference(
        lambda rows: roc_auc(present[rows], first[rows]), lambda rows: roc_auc(present[rows], second[rows]), range(80)
    )
    assert (paired.low, paired.estimate, paired.high) == pytest.approx((slow.low, slow.estimate, slow.high), abs=0.01)
    alone = auc_figure(present, first, resamples).interval()
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_a_mean_leaves_out_what_a_resample_cannot_give() -> None:
    found = mean_over([figure(0.4, 0.2, float("nan")), figure(0.8, 0.6, 0.6), figure(float("nan"), 1.0, 1.0)])
    assert found.estimate == pytest.approx(0.6) and found.draws == pytest.approx([0.4, 0.6])
    with pytest.raises(SampleUnusable):
        mean_over([figure(float("nan"), 1.0)])


def test_a_share_counts_what_rows_hold_several_of() -> None:
    resamples = resamples_of(["a", "a", "b"], resamples=50)
    found = share_figure([2, 0, 1], [4, 0, 1], resamples)
    assert found.estimate == pytest.approx(0.6)
    assert set(np.round(found.draws, 6)) == {0.5, 0.6, 1.0}
    with pytest.raises(SampleUnusable):
        share_figure([0, 0, 0], [0, 0, 0], resamples)
