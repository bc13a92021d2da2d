"""The simulation's outcomes as a table for docs/turnaround.md and as a plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from feedback.evaluation.svg import FAINT, MAIN, SECOND, Axes, bar, drawn, line, text

MEASURES = {
    "urgent_mean": "urgent, mean",
    "urgent_p99": "urgent, p99",
    "urgent_longest": "urgent, longest",
    "missed_longest": "missed urgent, longest",
    "normal_mean": "normal, mean",
    "mean": "all, mean",
    "longest": "all, longest",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Waiting from receipt to signature, minutes; urgent: all that truly are, missed ones too."""

    mean: float
    urgent_mean: float
    urgent_p99: float
    urgent_longest: float
    missed_longest: float
    normal_mean: float
    longest: float


Runs = Mapping[str, Sequence[Outcome]]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and the half width of its 95 % t interval over seeds; 0 with a single seed."""
    array = np.asarray(values, dtype=float)
    if len(array) < 2:
        return float(array.mean()), 0.0
    half = stats.t.ppf(0.975, len(array) - 1) * array.std(ddof=1) / np.sqrt(len(array))
    return float(array.mean()), float(half)


def report(title: str, runs: Runs, *, compared: bool = True) -> str:
    """A markdown table in minutes: mean over seeds and half width of its interval; then each against the first."""
    lines = [f"\n### {title}\n", "| minutes | " + " | ".join(MEASURES.values()) + " |"]
    lines.append("| --- |" + " ---: |" * len(MEASURES))
    for name, outcomes in runs.items():
        cells = (interval([getattr(one, measure) for one in outcomes]) for measure in MEASURES)
        lines.append(f"| {name} | " + " | ".join(f"{mean:.1f} ± {half:.1f}" for mean, half in cells) + " |")
    first = next(iter(runs))
    for name, outcomes in list(runs.items())[1:] if compared else ():
        cells = (change(runs[first], outcomes, measure) for measure in MEASURES)
        words = " | ".join(f"{100 * mean:+.0f} % ± {100 * half:.0f}" for mean, half in cells)
        lines.append(f"| {name}, against {first} | {words} |")
    return "\n".join(lines)


def change(base: Sequence[Outcome], other: Sequence[Outcome], measure: str) -> tuple[float, float]:
    """The share by which a measure changes, seed by seed on the same studies: mean and half width."""
    pairs = [(getattr(one, measure), getattr(two, measure)) for one, two in zip(base, other, strict=True)]
    return interval([two / one - 1 for one, two in pairs if one > 0] or [0.0])


def svg(worlds: Mapping[str, Runs]) -> str:
    """Mean and longest wait of the truly urgent, and the longest of all, by order; one row of bars a world."""
    rows = [(world, name, runs[name]) for world, runs in worlds.items() for name in runs]
    top = max(interval([one.longest for one in outcomes])[0] for _, _, outcomes in rows)
    axes = Axes(
        "Waiting from receipt to signature, minutes (95 % intervals over seeds)",
        "minutes",
        "",
        x_range=(0.0, top * 1.3),
        y_range=(float(len(rows) + len(worlds)), 0.0),
        width=760,
        height=96 + 44 * (len(rows) + len(worlds)),
        left=190,
        x_ticks=tuple((float(value), str(value)) for value in range(0, int(top * 1.3) + 1, 200)),
    )
    parts: list[str] = []
    place = 0.0
    for world, runs in worlds.items():
        parts.append(text(axes.left + 6, axes.y(place + 0.7), world, weight="bold"))
        place += 1.0
        for name, outcomes in runs.items():
            parts += _bars(axes, place, name, outcomes)
            place += 1.0
    return drawn(axes, parts, y_ticks=False)


def _bars(axes: Axes, place: float, name: str, outcomes: Sequence[Outcome]) -> list[str]:
    shown = (("longest", FAINT, "all, longest"), ("urgent_longest", SECOND, "urgent, longest"))
    parts = [text(axes.left - 8, axes.y(place + 0.55), name, anchor="end")]
    for step, (measure, colour, words) in enumerate((*shown, ("urgent_mean", MAIN, "urgent, mean"))):
        mean, half = interval([getattr(one, measure) for one in outcomes])
        top = place + 0.08 + 0.29 * step
        middle = top + 0.13
        parts.append(bar(axes, (0.0, mean), (top, top + 0.26), colour=colour))
        parts.append(line(axes, (mean - half, middle), (mean + half, middle), colour="#1b2733", thick=1.5))
        parts.append(text(axes.x(mean + half) + 4, axes.y(middle) + 4, f"{words} {mean:.0f}", colour="#1b2733"))
    return parts
