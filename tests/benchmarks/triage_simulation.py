"""What the worklist's order does to waiting: urgent first with the guard, without it, and first in, first out.

    python -m tests.benchmarks.triage_simulation --seeds 12 --days 364 --sweep 4 --svg docs/triage_simulation.svg

A discrete-event simulation of one reading room. The order is the one that ships: feedback/priority.py decides who is
next, here as in the worklist. What is published, what is calibrated to it and what is assumed stands in World; every
policy reads the same studies, with the same reading times, so differences are the order's alone.

Sources: [1] PMC8128725 (Baltruschat 2020: pneumothorax mean 80.1 -> 35.6 min, maximum 890 -> 1293, 979 with a limit);
[2] Karas, JACEP 1977 6:449 (two peaks a day, 10-13 h and 19-20 h); [3] SPIE 152, 10.1117/12.938177 (2 to 2.5 min a
case); [4] Cowan 2013, 10.1111/1754-9485.12092 (plain films over 10 min are outliers); [5] SmartChest, pneumothorax
sensitivity .927, specificity .973; [6] PMC10996416 table T3, in the field .392 and .998.
"""

import argparse
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feedback.priority import MOVES_UP, Grade, Limits, handed_next
from tests.benchmarks.triage_report import Outcome, report, svg

DAY = 24 * 60.0
NIGHT, MORNING = (1.2, 0.9, 0.8, 0.7, 0.7, 0.9), (1.6, 3.0, 5.2, 7.4, 8.4, 8.4)
AFTERNOON, EVENING = (7.8, 6.8, 6.2, 5.8, 5.4, 5.2), (5.6, 6.4, 5.0, 3.4, 2.2, 1.6)
HOURS = (*NIGHT, *MORNING, *AFTERNOON, *EVENING)
"""Arrivals by hour of the day, relative: low at night, peaks at 10 to 13 and at 19 to 20 h [2]; the heights between are
assumed."""


@dataclass(frozen=True, slots=True)
class World:
    """One reading room, times in minutes.

    a_day, weekend: studies on a weekday, and the share of them on a day of the weekend (assumed). reading: mean of a
    log-normal [3], spread of its logarithm (assumed), cut at `longest` [4]. by_day: readers from 8 to 18 h (assumed);
    by_night: the share of a reader's time that this list gets otherwise, calibrated so that first in, first out gives
    about the published mean of 80 min [1]. urgent, flagged: shares of studies that truly are (assumed). sensitivity,
    specificity: of the urgent class [5, 6]; the flagged class's, and missed_flagged, how many missed urgent ones are
    flagged at least: assumed.
    """

    a_day: float = 250.0
    weekend: float = 0.6
    reading: float = 2.4
    spread: float = 0.6
    longest: float = 10.0
    by_day: float = 1.0
    by_night: float = 0.19
    urgent: float = 0.04
    flagged: float = 0.30
    sensitivity: float = 0.927
    specificity: float = 0.973
    flagged_sensitivity: float = 0.85
    flagged_specificity: float = 0.85
    missed_flagged: float = 0.5

    def rate(self, at: float) -> float:
        """Studies a minute."""
        share = HOURS[int(at % DAY // 60)] / sum(HOURS) / 60
        return self.a_day * share * (self.weekend if at // DAY % 7 >= 5 else 1.0)

    def at_work(self, at: float) -> float:
        return self.by_day if 8 * 60 <= at % DAY < 18 * 60 else self.by_night


@dataclass(frozen=True, slots=True)
class Studies:
    """Arrivals in order: when (minutes), a reader's whole attention that each takes (minutes), what it truly is (0
    urgent, 1 flagged, 2 normal), and the grade that the model gives it."""

    received_at: NDArray[np.float64]
    minutes: NDArray[np.float64]
    truth: NDArray[np.int8]
    grade: NDArray[np.int8]


def studies_drawn(world: World, *, days: int, seed: int) -> Studies:
    """Arrivals by thinning (Lewis and Shedler 1979); truth and the model's grade of each."""
    rng = np.random.default_rng(seed)
    top = max(world.rate(hour * 60.0) for hour in range(24)) * 1.0001
    at = np.cumsum(rng.exponential(1 / top, size=int(top * days * DAY * 1.1)))
    at = at[at < days * DAY]
    rates = np.array([world.rate(hour * 60.0) for hour in range(7 * 24)])
    kept = at[rng.random(len(at)) * top < rates[(at % (7 * DAY) // 60).astype(int)]]
    n, sigma = len(kept), world.spread
    minutes = np.minimum(rng.lognormal(np.log(world.reading) - sigma**2 / 2, sigma, n), world.longest)
    kind = rng.random(n)
    truth = np.where(kind < world.urgent, 0, np.where(kind < world.urgent + world.flagged, 1, 2)).astype(np.int8)
    return Studies(kept, minutes, truth, _graded(world, truth, rng))


def _graded(world: World, truth: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.int8]:
    says_urgent = rng.random(len(truth)) < np.where(truth == 0, world.sensitivity, 1 - world.specificity)
    chances = np.array([world.missed_flagged, world.flagged_sensitivity, 1 - world.flagged_specificity])
    says_flagged = rng.random(len(truth)) < chances[truth]
    grades = np.where(says_urgent, Grade.URGENT, np.where(says_flagged, Grade.FLAGGED, Grade.IN_ORDER))
    return grades.astype(np.int8)


class Waiting:
    """What waits, a queue for each grade; each queue is in order of arrival."""

    def __init__(self, studies: Studies) -> None:
        self.studies = studies
        self.queues: dict[int, deque[int]] = {grade: deque() for grade in Grade}

    def add(self, index: int) -> None:
        self.queues[int(self.studies.grade[index])].append(index)

    def head(self, grade: int) -> list[int]:
        queue = self.queues[grade]
        return [queue[0]] if queue else []

    def oldest(self, grades: Sequence[int]) -> list[int]:
        heads = [queue[0] for grade in grades if (queue := self.queues[grade])]
        return [min(heads)] if heads else []

    def take(self, index: int) -> int:
        self.queues[int(self.studies.grade[index])].popleft()
        return index


class FirstInFirstOut:
    def __call__(self, waiting: Waiting, now: float) -> int:
        return waiting.oldest(tuple(Grade))[0]


class UrgentFirst:
    """By grade, the longest waiting first, whatever the wait: no guard, no limit."""

    def __call__(self, waiting: Waiting, now: float) -> int:
        return next(head[0] for grade in Grade if (head := waiting.head(grade)))


class Guarded:
    """What the worklist hands out: feedback.priority.handed_next."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.since = limits, 0

    def __call__(self, waiting: Waiting, now: float) -> int:
        oldest = waiting.oldest(MOVES_UP)
        late = [index for index in oldest if now - waiting.studies.received_at[index] > self.limits.wait_seconds / 60]
        rest = next((head for grade in MOVES_UP if (head := waiting.head(grade))), [])
        chosen, self.since = handed_next(
            waiting.head(Grade.URGENT), late, rest, since_overdue=self.since, guard_every=self.limits.guard_every
        )
        assert chosen is not None
        return chosen


Order = Callable[[Waiting, float], int]


def waits(studies: Studies, world: World, order: Order) -> NDArray[np.float64]:
    """Minutes from receipt to signature of each study: one reader at a time, slower when fewer are at work."""
    waiting, done = Waiting(studies), np.empty(len(studies.received_at))
    arrived, free_at, n = 0, 0.0, len(done)
    for _ in range(n):
        if not any(waiting.queues.values()):
            free_at = max(free_at, float(studies.received_at[arrived]))
        while arrived < n and studies.received_at[arrived] <= free_at:
            waiting.add(arrived)
            arrived += 1
        index = waiting.take(order(waiting, free_at))
        free_at += float(studies.minutes[index]) / world.at_work(free_at)
        done[index] = free_at
    return done - studies.received_at


def outcome_of(studies: Studies, minutes: NDArray[np.float64]) -> Outcome:
    urgent = studies.truth == 0
    missed = urgent & (studies.grade != Grade.URGENT)
    normal = studies.truth == 2
    return Outcome(
        mean=float(minutes.mean()),
        urgent_mean=float(minutes[urgent].mean()),
        urgent_p99=float(np.percentile(minutes[urgent], 99)),
        urgent_longest=float(minutes[urgent].max()),
        missed_longest=float(minutes[missed].max(initial=0.0)),
        normal_mean=float(minutes[normal].mean()),
        longest=float(minutes.max()),
    )


ORDERS: dict[str, Callable[[Limits], Order]] = {
    "first in, first out": lambda limits: FirstInFirstOut(),
    "urgent first, no guard": lambda limits: UrgentFirst(),
    "urgent first, guarded": Guarded,
}
STUDY, FIELD, WOLF = "a model as in its study [5]", "as measured in the field [6]", "a model that cries wolf (assumed)"
WORLDS = {
    STUDY: World(),
    FIELD: World(sensitivity=0.392, specificity=0.998),
    WOLF: World(sensitivity=0.95, specificity=0.55),
}
SHIPPED = Limits(timedelta(hours=4), 4)
SWEPT = [Limits(timedelta(hours=hours), every) for hours in (1, 2, 4, 8) for every in (2, 4, 8)]


def run(world: World, *, seeds: int, days: int, limits: Limits = SHIPPED) -> dict[str, list[Outcome]]:
    """Every order on the same studies, a list of outcomes in the order of the seeds."""
    found: dict[str, list[Outcome]] = {name: [] for name in ORDERS}
    for seed in range(seeds):
        studies = studies_drawn(world, days=days, seed=seed)
        for name, order in ORDERS.items():
            found[name].append(outcome_of(studies, waits(studies, world, order(limits))))
    return found


def swept(world: World, *, seeds: int, days: int) -> dict[str, list[Outcome]]:
    """The guard's limit and turn, on the same studies."""
    drawn = [studies_drawn(world, days=days, seed=seed) for seed in range(seeds)]
    return {
        f"{limits.wait_seconds // 3600} h, every {limits.guard_every}": [
            outcome_of(studies, waits(studies, world, Guarded(limits))) for studies in drawn
        ]
        for limits in SWEPT
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--sweep", type=int, default=0, help="the guard's limit and turn too, over so many seeds")
    parser.add_argument("--svg", type=Path, default=None)
    asked = parser.parse_args()
    worlds = {name: run(world, seeds=asked.seeds, days=asked.days) for name, world in WORLDS.items()}
    for name, found in worlds.items():
        print(report(f"{name}: {asked.seeds} seeds of {asked.days} days", found), flush=True)
    if asked.svg:
        asked.svg.write_text(svg(worlds), encoding="utf-8")
    for name in (FIELD, WOLF) if asked.sweep else ():
        found = swept(WORLDS[name], seeds=asked.sweep, days=asked.days)
        print(report(f"the guard's limit and turn, {name}", found, compared=False), flush=True)


if __name__ == "__main__":
    main()
