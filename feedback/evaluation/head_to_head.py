"""Two detectors on the same films: paired differences by the same resamples, each with a plain sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from feedback.evaluation.box_figures import AP_PREFIX, figure_title, label_figures, summary_figures
from feedback.evaluation.detection import figure_json, label_curves
from feedback.evaluation.document import model_of
from feedback.evaluation.label_boxes import Flags, label_boxes
from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.numbers import Json
from feedback.evaluation.values import FilmReading
from registry.metrics.bootstrap import Interval
from registry.metrics.figures import Figure, difference
from registry.metrics.resampling import Resamples
from registry.runtime.values import LoadedModel

BETTER, WORSE, NOT_TOLD_APART = "better", "worse", "not_told_apart"


@dataclass(frozen=True, slots=True)
class Contender:
    """A detector, and what it said of every film of the set."""

    model: LoadedModel
    readings: Sequence[FilmReading] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.model.spec.name} {self.model.spec.version}"


def head_to_head(contenders: Sequence[Contender], films: Sequence[Film], resamples: Resamples) -> list[list[Json]]:
    """For each contender its comparisons with the others; only films count that both of a pair analysed.

    Each pair is compared on the labels that both know; a pair without one has no comparison.
    """
    found: list[list[Json]] = [[] for _ in contenders]
    for first, one in enumerate(contenders):
        for second, other in enumerate(contenders[first + 1 :], start=first + 1):
            if labels := [label for label in one.model.spec.labels if label in other.model.spec.labels]:
                pair = _Pair(one, other, tuple(labels), tuple(films), resamples)
                found[first].append(pair.seen_by_first())
                found[second].append(pair.seen_by_second())
    return found


class _Pair:
    """Two contenders, measured once on what both analysed; told from either side."""

    def __init__(
        self, one: Contender, other: Contender, labels: tuple[str, ...], films: tuple[Film, ...], resamples: Resamples
    ) -> None:
        self._sides = (one, other)
        self._both = _analysed(one) & _analysed(other)
        self._films, self._one_label = films, len(labels) == 1
        self._boxes = [
            [label_boxes(label, films, side.readings, among=self._both) for label in labels] for side in self._sides
        ]
        self._figures = [
            summary_figures([label_figures(boxes, resamples) for boxes in gathered]) for gathered in self._boxes
        ]

    def seen_by_first(self) -> Json:
        return self._told(0, 1)

    def seen_by_second(self) -> Json:
        return self._told(1, 0)

    def _told(self, own: int, other: int) -> Json:
        own_name, other_name = self._sides[own].name, self._sides[other].name
        rows = [
            figure_row(name, figure, self._figures[other][name], own_name=own_name, other_name=other_name)
            for name, figure in self._figures[own].items()
            if name in self._figures[other] and not (self._one_label and name.startswith(AP_PREFIX))
        ]
        model = self._sides[other].model
        return {
            "own_name": own_name,
            "against": model_of(model.spec, model.sha256),
            "n_films": int(self._both.sum()),
            "n_groups": len({film.group for film, both in zip(self._films, self._both, strict=True) if both}),
            "figures": rows,
            "curves": {
                boxes.label: {"own": label_curves(boxes), "other": label_curves(rival)}
                for boxes, rival in zip(self._boxes[own], self._boxes[other], strict=True)
                if boxes.n_drawn
            },
        }


def figure_row(name: str, own: Figure, other: Figure, *, own_name: str, other_name: str) -> Json:
    """Both values, their paired difference (own - other), a verdict and its sentence."""
    gap = difference(own, other).interval()
    verdict = verdict_of(gap)
    better = own_name if verdict == BETTER else other_name
    return {
        "name": name,
        "title": figure_title(name),
        "own": figure_json(own),
        "other": figure_json(other),
        "difference": figure_json(difference(own, other)),
        "verdict": verdict,
        "sentence": f"{figure_title(name)}: {difference_words(gap, verdict, better)}.",
    }


def verdict_of(gap: Interval) -> str:
    """By whether the interval of own - other leaves 0 out."""
    if gap.low > 0:
        return BETTER
    return WORSE if gap.high < 0 else NOT_TOLD_APART


def difference_words(gap: Interval, verdict: str, better: str) -> str:
    """ "bone-yolo 1.0.0 is better by 0.050 [0.010, 0.090]", or "not told apart, ..."."""
    if verdict == NOT_TOLD_APART:
        if not np.isfinite(gap.low):
            return "not told apart, no interval on so few films"
        return f"not told apart, difference {gap.estimate:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"
    low, high = sorted((abs(gap.low), abs(gap.high)))
    return f"{better} is better by {abs(gap.estimate):.3f} [{low:.3f}, {high:.3f}]"


def _analysed(side: Contender) -> Flags:
    return np.array([reading.is_analysed for reading in side.readings], dtype=bool)
