"""The turnaround page's plots as numbers: places in pixels, words for those who listen. Templates draw them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from feedback.turnaround_figures import Spread
from feedback.turnaround_values import Arms, Series

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320, 170, 50, 10, 10, 26
TICKS = ((60, "1 min"), (600, "10 min"), (3600, "1 h"), (14400, "4 h"), (86400, "1 d"), (604800, "1 w"))
ARM_WIDTH, ARM_LEFT = 480, 84
READING_TICKS = ((1, "1 s"), (3, "3 s"), (10, "10 s"), (30, "30 s"), (60, "1 min"), (180, "3 min"), (600, "10 min"))


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A week: x, the heights of its median and 90th percentile, and a sentence."""

    x: float
    median: float
    p90: float
    words: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One triage class over the weeks; median, p90: SVG path data; gaps where a week had too few studies."""

    name: str
    dots: Sequence[Dot]
    median: str
    p90: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    words: str


@dataclass(frozen=True, slots=True)
class Box:
    """One arm: a line from p10 to p90, a bar from quartile to quartile, the median."""

    name: str
    y: float
    p10: float
    q1: float
    median: float
    q3: float
    p90: float
    words: str

    @property
    def bar_width(self) -> float:
        return round(self.q3 - self.q1, 1)

    @property
    def bar_top(self) -> float:
        return self.y - 8


@dataclass(frozen=True, slots=True)
class ArmsPlot:
    name: str
    boxes: Sequence[Box]
    ticks: Sequence[Tick]
    words: str


def panels(series: Sequence[Series]) -> list[Panel]:
    """Small multiples with one scale for all: logarithmic, as a tail is a hundred times a median."""
    weeks = sorted({monday for one in series for monday, _ in one.weeks})
    shown = [figures for one in series for _, figures in one.weeks if figures.shown]
    if not shown:
        return []
    low = min(figures.median or 1.0 for figures in shown)
    scale = _Scale(low, max(figures.p90 or 1.0 for figures in shown), HEIGHT - BOTTOM, TOP)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(weeks))
    places = {monday: LEFT + step * (index + 0.5) for index, monday in enumerate(weeks)}
    labelled = weeks if len(weeks) <= 4 else weeks[:: (len(weeks) + 3) // 4]
    x_ticks = [Tick(round(places[monday], 1), f"{monday.day} {monday:%b}") for monday in labelled]
    return [_panel(one, places, scale, x_ticks) for one in series if any(figures.shown for _, figures in one.weeks)]


def arms_plots(groups: Sequence[Arms]) -> list[ArmsPlot]:
    """One plot a group, all on one logarithmic scale; none where either arm has too few reads."""
    spreads = [(one, one.with_spread, one.without_spread) for one in groups]
    both = [(one, shown, hidden) for one, shown, hidden in spreads if shown is not None and hidden is not None]
    if not both:
        return []
    low = min(min(shown.p10, hidden.p10) for _, shown, hidden in both)
    high = max(max(shown.p90, hidden.p90) for _, shown, hidden in both)
    scale = _Scale(low, high, ARM_LEFT, ARM_WIDTH - 12)
    ticks = [Tick(scale.place(value), words) for value, words in READING_TICKS if scale.holds(value)]
    return [_arms_plot(one.name, {"with AI": shown, "without AI": hidden}, scale, ticks) for one, shown, hidden in both]


def _arms_plot(name: str, spreads: dict[str, Spread], scale: "_Scale", ticks: Sequence[Tick]) -> ArmsPlot:
    boxes = [_box(arm, spread, scale, 18 + 26 * row) for row, (arm, spread) in enumerate(spreads.items())]
    return ArmsPlot(name, boxes, ticks, f"Reading time, {name}: {'; '.join(box.words for box in boxes)}.")


class _Scale:
    """Logarithmic, from a range of values to a range of pixels, with a little room."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        low, high = max(low, 0.1), max(high, 0.2)
        self.low, self.high = log10(low * 0.8), log10(max(high * 1.25, low * 2))
        self.start, self.end = start, end

    def place(self, value: float) -> float:
        share = (log10(max(value, 0.1)) - self.low) / (self.high - self.low)
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)

    def holds(self, value: float) -> bool:
        return self.low <= log10(value) <= self.high


def _panel(one: Series, places: dict, scale: _Scale, x_ticks: Sequence[Tick]) -> Panel:
    dots, runs = [], [[]]
    for monday in places:
        figures = dict(one.weeks).get(monday)
        if figures is None or not figures.shown:
            runs.append([])
            continue
        words = f"week of {monday.day} {monday:%b}: median {span_words(figures.median)}, 90 % within "
        words += f"{span_words(figures.p90)}, {figures.n} studies"
        dot = Dot(round(places[monday], 1), scale.place(figures.median or 0), scale.place(figures.p90 or 0), words)
        dots.append(dot)
        runs[-1].append(dot)
    y_ticks = [Tick(scale.place(value), words) for value, words in TICKS if scale.holds(value)]
    words = f"Received to signed, {one.triage_class}, by week. {'; '.join(dot.words for dot in dots)}."
    return Panel(one.triage_class, dots, _path(runs, "median"), _path(runs, "p90"), x_ticks, y_ticks, words)


def _path(runs: Sequence[Sequence[Dot]], name: str) -> str:
    return " ".join("M" + " L".join(f"{dot.x},{getattr(dot, name)}" for dot in run) for run in runs if len(run) > 1)


def _box(name: str, spread: Spread, scale: _Scale, y: float) -> Box:
    words = f"{name}: median {span_words(spread.median)}, half of them from {span_words(spread.q1)} to "
    words += f"{span_words(spread.q3)}, 80 % from {span_words(spread.p10)} to {span_words(spread.p90)}"
    places = (scale.place(value) for value in (spread.p10, spread.q1, spread.median, spread.q3, spread.p90))
    return Box(name, y, *places, words)


def span_words(seconds: float | None) -> str:
    """ "8.4 s", "52 s", "5 min", "1 h 20 min", "2 d 3 h"; a dash for None."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min" if seconds >= 600 else f"{seconds / 60:.1f} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(round(minutes / 60), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
