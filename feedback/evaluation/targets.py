"""The questions that are asked of a classifier: one binary contrast each, with the films that can answer it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.values import FilmReading
from registry.runtime.values import ModelSpec, OperatingPoint, TriageSpec

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

URGENT_NORMAL, ANY_FINDING, URGENT = "urgent_normal", "any_finding", "urgent"
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Target:
    """One contrast over the films of a set.

    Attributes:
        name: "urgent_normal", "any_finding", "urgent", or a label.
        rows: int (m,): the films whose reference standard answers it.
        present: bool (m,). analysed: bool (m,): the version said something.
        scores: float (m,), higher = more likely; NaN where not analysed. Only their order counts.
        probabilities, raw_probabilities: after and before calibration, or None where the contrast has none.
        point: the stored operating point on the probability.
    """

    name: str
    title: str
    rows: NDArray[np.int64] = field(repr=False)
    present: Flags = field(repr=False)
    analysed: Flags = field(repr=False)
    scores: Floats = field(repr=False)
    probabilities: Floats | None = field(default=None, repr=False)
    raw_probabilities: Floats | None = field(default=None, repr=False)
    point: OperatingPoint | None = None

    @property
    def has_both_classes(self) -> bool:
        """Among the films that were analysed."""
        flags = self.present[self.analysed]
        return bool(flags.any() and not flags.all())


def classifier_targets(
    spec: ModelSpec, films: Sequence[Film], readings: Sequence[FilmReading]
) -> tuple[list[Target], list[str]]:
    """Every contrast that the films can answer, triage first; and sentences about those that they cannot."""
    triage = _triage_targets(spec.triage, films, readings) if spec.triage and spec.triage.kind == "softmax" else []
    found = [*triage, *(_label_target(spec, label, films, readings) for label in spec.labels)]
    left_out = [f"{target.title}: not measured, {_lack(target)}." for target in found if not target.has_both_classes]
    return [target for target in found if target.has_both_classes], left_out


def reference_of(name: str, films: Sequence[Film], usable: Sequence[bool]) -> tuple[NDArray[np.int64], Flags]:
    """(rows, present) of a contrast in other films of the same set, from the reference standard alone."""
    answers = [_answer(name, film) if fine else None for film, fine in zip(films, usable, strict=True)]
    rows = np.array([row for row, answer in enumerate(answers) if answer is not None], dtype=np.int64)
    return rows, np.array([answer for answer in answers if answer is not None], dtype=bool)


def _answer(name: str, film: Film) -> bool | None:
    if name == ANY_FINDING:
        found = _triage_class(film)
        return None if found is None else found != "normal"
    if name in {URGENT_NORMAL, URGENT}:
        left_out = film.triage is None or (name == URGENT_NORMAL and film.triage == "flagged")
        return None if left_out else film.triage == "urgent"
    return name in film.present if film.is_known(name) else None


def _lack(target: Target) -> str:
    if not len(target.rows):
        return "no film of this set is labelled for it"
    if not target.analysed.any():
        return "no film that is labelled for it was analysed"
    return f"every film that is labelled for it {'has' if target.present[target.analysed].all() else 'lacks'} it"


def _label_target(spec: ModelSpec, label: str, films: Sequence[Film], readings: Sequence[FilmReading]) -> Target:
    rows = np.array([row for row, film in enumerate(films) if film.is_known(label)], dtype=np.int64)
    logits = np.array([_logit(readings[row], label) for row in rows], dtype=np.float64)
    probabilities = np.array([_probability(readings[row], label) for row in rows], dtype=np.float64)
    return Target(
        name=label,
        title=label.replace("_", " "),
        rows=rows,
        present=np.array([label in films[row].present for row in rows], dtype=bool),
        analysed=np.isfinite(logits),
        scores=logits,
        probabilities=probabilities,
        raw_probabilities=1 / (1 + np.exp(-logits)),
        point=spec.operating_points.get(label),
    )


def _triage_targets(rule: TriageSpec, films: Sequence[Film], readings: Sequence[FilmReading]) -> list[Target]:
    """Urgent against normal, any finding against none, urgent against the rest.

    A set without a triage of its own still says any finding or none; the other two are left out there.
    """
    scores = np.array([_triage_scores(reading) for reading in readings], dtype=np.float64).reshape(-1, 3)
    raw = _uncalibrated(scores, rule.temperature)
    contrast = np.log(scores[:, 2] + TINY) - np.log(scores[:, 0] + TINY)
    usable = [True] * len(films)

    def target(name: str, title: str, ranks: Floats, column: Floats | None, before: Floats | None) -> Target:
        rows, present = reference_of(name, films, usable)
        return Target(
            name=name,
            title=title,
            rows=rows,
            present=present,
            analysed=np.isfinite(ranks[rows]),
            scores=ranks[rows],
            probabilities=None if column is None else column[rows],
            raw_probabilities=None if before is None else before[rows],
            point={ANY_FINDING: rule.flagged, URGENT: rule.urgent}.get(name),
        )

    any_finding, urgent = 1 - scores[:, 0], scores[:, 2]
    return [
        target(URGENT_NORMAL, "urgent against normal", contrast, None, None),
        target(ANY_FINDING, "any finding against none", any_finding, any_finding, 1 - raw[:, 0]),
        target(URGENT, "urgent against the rest", urgent, urgent, raw[:, 2]),
    ]


def _triage_class(film: Film) -> str | None:
    """The set's own class; without one, a film without findings is normal and any other is (at least) flagged, where
    all labels are annotated."""
    if film.triage is not None:
        return film.triage
    if film.annotated is not None:
        return None
    return "flagged" if film.present else "normal"


def _triage_scores(reading: FilmReading) -> tuple[float, float, float]:
    if reading.triage_scores is None:
        return float("nan"), float("nan"), float("nan")
    return reading.triage_scores["normal"], reading.triage_scores["flagged"], reading.triage_scores["urgent"]


def _uncalibrated(scores: Floats, temperature: float) -> Floats:
    """softmax(logits) from softmax(logits / temperature): each to the power of the temperature, normalised."""
    powers = np.power(np.clip(scores, TINY, 1.0), temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _logit(reading: FilmReading, label: str) -> float:
    return reading.labels[label].score if label in reading.labels else float("nan")


def _probability(reading: FilmReading, label: str) -> float:
    return reading.labels[label].probability if label in reading.labels else float("nan")
