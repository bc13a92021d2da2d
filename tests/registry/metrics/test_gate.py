"""A map that points no better than a dart is worse than none."""

import pytest

from registry.metrics.gate import explainability_verdict
from tests.registry.evaluation_samples import PASSING


@pytest.mark.parametrize(
    ("changes", "passed"),
    [
        ({}, True),
        ({"hit_rate": 0.40}, True),
        ({"hit_rate": 0.399}, False),
        ({"mean_box_area": 0.54}, False),
        ({"mean_box_area": 0.53}, True),
        ({"centre_rate": 0.54}, False),
        ({"centre_rate": 0.53}, True),
        ({"best_fixed_rate": 0.99}, True),
        ({"low": None, "high": None}, True),
    ],
)
def test_the_hit_rate_must_reach_point_four_and_beat_both_yardsticks(changes: dict[str, float], passed: bool) -> None:
    verdict = explainability_verdict({**PASSING, **changes})
    assert (verdict.passed, verdict.measured) == (passed, True)


def test_a_failure_names_every_rule_that_was_missed() -> None:
    verdict = explainability_verdict({**PASSING, "hit_rate": 0.2, "mean_box_area": 0.3})
    assert verdict.reason == (
        "Its maps point into the box of 0.20 of 118 boxed findings; the gate asks for 0.40; a random point hits 0.30; "
        "the centre of the image hits 0.24."
    )


@pytest.mark.parametrize("pointing", [None, {**PASSING, "n": 0}])
def test_nothing_measured_is_neither_passed_nor_failed_by_figures(pointing: dict[str, float] | None) -> None:
    verdict = explainability_verdict(pointing)
    assert (verdict.passed, verdict.measured) == (False, False)


@pytest.mark.parametrize("name", ["n", "hit_rate", "mean_box_area", "centre_rate"])
@pytest.mark.parametrize("value", [None, "0.5", True, float("nan"), -0.1])
def test_a_figure_that_is_no_number_is_not_judged(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        explainability_verdict({**PASSING, name: value})


def test_a_rate_above_one_is_not_judged() -> None:
    with pytest.raises(ValueError, match="hit_rate"):
        explainability_verdict({**PASSING, "hit_rate": 54.0})
