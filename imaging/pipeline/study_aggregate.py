"""From the slices of a CT or MR study to one score a label, and one triage.

The rule: per label, the largest mean probability of WINDOW neighbouring slices of one series. Not the largest single
slice: over 300 slices that is the one where the network erred most, and the longer the series, the higher it comes out.
What is worth a reader's eye spans neighbouring slices, noise does not; the mean of three keeps most of a short
finding's probability (a finding on two of the three slices keeps two thirds of it) and takes the lone outlier down to a
third. Not the mean of the whole series either: a bleed on five slices of three hundred would vanish in it.

A slice that was not analysed ends a stretch: slices on either side of it are no neighbours. A stretch shorter than the
window is averaged over the slices that it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.triage import compared, triage_class, words
from imaging.pipeline.values import Triage
from registry.runtime.values import ModelSpec

WINDOW = 3
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class SeriesScores:
    """What one version said of the slices of one series, in the order of the slices.

    Attributes:
        probabilities: label -> float64 (n,), calibrated; NaN for a slice that was not analysed.
        triage: float64 (n, 3), normal, flagged, urgent, NaN likewise; None when the version's slices carry no triage.
    """

    probabilities: dict[str, NDArray[np.float64]]
    triage: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class StudyScore:
    """One label over a whole study.

    Attributes:
        probability: in [0, 1]: the mean over `slices`.
        series: index of the series; slices: indices within it, neighbours, in order.
    """

    label: str
    probability: float
    series: int
    slices: tuple[int, ...]


def study_scores(series: Sequence[SeriesScores], *, window: int = WINDOW) -> dict[str, StudyScore]:
    """One score a label: the most suspicious window of all series. Labels that no slice was scored for are left out.

    Linear in the number of slices.

    Args:
        window: neighbouring slices that are averaged, at least 1.
    """
    best: dict[str, StudyScore] = {}
    for index, scores in enumerate(series):
        for label, values in scores.probabilities.items():
            found = _highest_window(values, window)
            if found is not None and (label not in best or found[0] > best[label].probability):
                best[label] = StudyScore(label=label, probability=found[0], series=index, slices=found[1])
    return best


def study_triage(
    spec: ModelSpec, series: Sequence[SeriesScores], scores: dict[str, StudyScore], *, window: int = WINDOW
) -> Triage | None:
    """The version's triage rule over the aggregates; None for a version without a rule, or without an analysed slice.

    A softmax rule is applied to the largest window means of P(urgent) and of P(urgent) + P(flagged).
    """
    rule = spec.triage
    if rule is None:
        return None
    if rule.kind == "operating_points":
        score = scores.get(str(rule.label))
        urgent = either = None if score is None else score.probability
    else:
        urgent = _highest(series, urgent_only=True, window=window)
        either = _highest(series, urgent_only=False, window=window)
    if urgent is None or either is None:
        return None
    either = max(urgent, either)
    given = {"normal": 1.0 - either, "flagged": either - urgent, "urgent": urgent}
    name = triage_class(rule, given)
    decisive = compared(urgent, rule.urgent) if name == "urgent" and rule.urgent else compared(either, rule.flagged)
    sentence = (
        f"{'Urgent' if name == 'urgent' else 'Flagged or urgent'} {decisive}, as the mean of neighbouring slices."
    )
    return Triage(triage_class=name, reason=f"{sentence} {_named(spec, scores)}".strip(), scores=given)


def _named(spec: ModelSpec, scores: dict[str, StudyScore]) -> str:
    """The labels above their operating points, or the highest of those that have one."""
    judged = sorted(
        (score for score in scores.values() if score.label in spec.operating_points),
        key=lambda score: -score.probability,
    )
    above = [score for score in judged if score.probability >= spec.operating_points[score.label].threshold]
    named = above[:MOST_NAMED] or judged[:1]
    sentences = [
        f"{words(score.label)} {compared(score.probability, spec.operating_points[score.label])}" for score in named
    ]
    text = "; ".join(sentences)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _highest(series: Sequence[SeriesScores], *, urgent_only: bool, window: int) -> float | None:
    means = []
    for scores in series:
        if scores.triage is not None:
            values = scores.triage[:, 2] if urgent_only else scores.triage[:, 1:].sum(axis=1)
            means.append(_highest_window(values, window))
    return max((found[0] for found in means if found is not None), default=None)


def _highest_window(values: NDArray[np.float64], window: int) -> tuple[float, tuple[int, ...]] | None:
    """The largest mean of `window` neighbours, and who they are; None when no slice was analysed."""
    best: tuple[float, tuple[int, ...]] | None = None
    for start, stop in _stretches(~np.isnan(values)):
        width = min(window, stop - start)
        sums = np.cumsum(np.concatenate([[0.0], values[start:stop]]))
        means = (sums[width:] - sums[:-width]) / width
        first = int(np.argmax(means))
        mean = float(np.clip(means[first], 0.0, 1.0))
        if best is None or mean > best[0]:
            best = (mean, tuple(range(start + first, start + first + width)))
    return best


def _stretches(known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
