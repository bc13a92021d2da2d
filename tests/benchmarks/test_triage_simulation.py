"""The simulator: the order that ships shortens urgent waits without lengthening the longest ones."""

import re
from datetime import timedelta

import numpy as np
import pytest

from feedback.priority import Grade, Limits
from tests.benchmarks.triage_report import Outcome, change, interval, report, svg
from tests.benchmarks.triage_simulation import (
    FIELD,
    SHIPPED,
    WOLF,
    WORLDS,
    FirstInFirstOut,
    Guarded,
    Studies,
    UrgentFirst,
    World,
    run,
    studies_drawn,
    waits,
)


@pytest.fixture(scope="module")
def found() -> dict[str, list[Outcome]]:
    return run(WORLDS[FIELD], seeds=3, days=91)


def test_the_guards_tail_is_shorter_than_without_it_and_urgent_waits_fall(found: dict[str, list[Outcome]]) -> None:
    fifo, bare, guarded = found.values()
    for first, without, with_guard in zip(fifo, bare, guarded, strict=True):
        assert with_guard.longest < without.longest
        assert with_guard.urgent_longest <= 1.05 * first.urgent_longest
        assert with_guard.urgent_mean < first.urgent_mean


def test_where_much_is_called_urgent_the_turn_of_the_guard_keeps_the_longest_wait_down() -> None:
    studies, world = studies_drawn(WORLDS[WOLF], days=91, seed=1), WORLDS[WOLF]
    often, seldom = (waits(studies, world, Guarded(Limits(timedelta(hours=4), every))).max() for every in (2, 16))
    assert often < seldom < waits(studies, world, UrgentFirst()).max()


def test_the_order_makes_no_time_out_of_nothing(found: dict[str, list[Outcome]]) -> None:
    fifo, bare, guarded = ([one.mean for one in outcomes] for outcomes in found.values())
    assert bare == pytest.approx(fifo, rel=0.05) and guarded == pytest.approx(fifo, rel=0.05)


def test_the_world_is_near_the_published_mean_of_first_in_first_out() -> None:
    mean, _ = interval([one.mean for one in run(World(), seeds=3, days=182)["first in, first out"]])
    assert mean == pytest.approx(80.1, rel=0.1)


def test_arrivals_follow_the_hours_and_the_week() -> None:
    studies = studies_drawn(World(), days=700, seed=1)
    hours = np.bincount((studies.received_at % 1440 // 60).astype(int), minlength=24)
    weekend = studies.received_at // 1440 % 7 >= 5
    assert hours[10] > 5 * hours[3] and hours[19] > hours[17]
    assert weekend.sum() / 200 / ((~weekend).sum() / 500) == pytest.approx(0.6, abs=0.02)


def _four() -> Studies:
    """While the first is read, an urgent, a normal and a flagged one come, the normal one first."""
    grades = np.array([Grade.IN_ORDER, Grade.IN_ORDER, Grade.URGENT, Grade.FLAGGED], dtype=np.int8)
    return Studies(
        np.array([480.0, 481.0, 482.0, 483.0]), np.full(4, 10.0), np.array([2, 2, 0, 1], dtype=np.int8), grades
    )


@pytest.mark.parametrize(
    ("order", "signed_in_turn"),
    [
        (FirstInFirstOut(), [0, 1, 2, 3]),
        (UrgentFirst(), [0, 2, 3, 1]),
        (Guarded(SHIPPED), [0, 2, 3, 1]),
        (Guarded(Limits(timedelta(minutes=5), 2)), [0, 1, 2, 3]),
    ],
    ids=["fifo", "urgent first", "guarded", "a guard that is due"],
)
def test_each_order_reads_a_worked_example_as_it_says(order: object, signed_in_turn: list[int]) -> None:
    studies, world = _four(), World()
    done = studies.received_at + waits(studies, world, order)  # type: ignore[arg-type]
    assert list(np.argsort(done)) == signed_in_turn
    assert sorted(done) == [490.0, 500.0, 510.0, 520.0]


def test_at_night_a_reading_takes_as_much_longer_as_fewer_read() -> None:
    studies = Studies(np.array([60.0]), np.array([1.9]), np.array([2], dtype=np.int8), np.array([3], dtype=np.int8))
    assert waits(studies, World(by_night=0.19), FirstInFirstOut())[0] == pytest.approx(10.0)


def test_the_report_and_the_plot_say_the_same(found: dict[str, list[Outcome]]) -> None:
    words, picture = report("field", found), svg({"field": found})
    mean, half = interval([one.urgent_mean for one in found["first in, first out"]])
    assert f"{mean:.1f} ± {half:.1f}" in words and f"urgent, mean {mean:.0f}" in picture
    assert len(re.findall("<rect", picture)) == 2 + 9
    assert change(found["first in, first out"], found["first in, first out"], "mean") == (0.0, 0.0)
