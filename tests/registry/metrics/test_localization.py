"""The pointing game and its yardsticks."""

import numpy as np
import pytest

from registry.metrics.errors import SampleUnusable
from registry.metrics.localization import PointedFinding, pointing_game, points_inside

LEFT_HALF = np.array([[0.0, 0.0, 0.5, 1.0]])


def test_hits_and_yardsticks_of_a_worked_example() -> None:
    top_right = np.array([[0.6, 0.0, 1.0, 0.4]])
    findings = [PointedFinding((0.1, 0.9), LEFT_HALF), PointedFinding((0.1, 0.1), top_right)]
    result = pointing_game(findings)
    assert (result.hit_rate, result.n, result.best_fixed_rate) == (0.5, 2, 0.5)
    assert result.mean_box_area == pytest.approx((0.5 + 0.16) / 2, abs=0.02)


def test_the_best_fixed_point_is_never_worse_than_the_centre() -> None:
    generator = np.random.default_rng(0)
    corners = np.sort(generator.random((30, 2, 2)), axis=1).reshape(30, 1, 4)
    result = pointing_game([PointedFinding((0.5, 0.5), box) for box in corners], grid=33)
    assert result.best_fixed_rate >= result.centre_rate == result.hit_rate


def test_overlapping_boxes_count_a_point_once() -> None:
    boxes = np.concatenate([LEFT_HALF, LEFT_HALF])
    assert points_inside(np.array([0.2, 0.7]), np.array([0.2, 0.2]), boxes).tolist() == [True, False]


def test_no_findings_are_refused() -> None:
    with pytest.raises(SampleUnusable):
        pointing_game([])
