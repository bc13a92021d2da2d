"""Does the map point at what an annotator drew, and does it look where nothing can be: border and markers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.numbers import Json, finite, measured, plain
from feedback.evaluation.values import FilmReading, LabelReading
from imaging.pipeline.values import BoundingBox
from registry.metrics.gate import explainability_verdict
from registry.metrics.localization import PointedFinding, pointing_game
from registry.metrics.resampling import Resamples, mean_interval, share_interval
from registry.runtime.values import ModelSpec

EVERYTHING = "all"
NOWHERE = (-1.0, -1.0)  # a map without a positive contribution points at nothing, which is a miss
BORDER_AREA = 1 - 0.9**2  # of the outer 5 % on every side


class PointedFilms:
    """Label by label, the films with a drawn box on which the version said something."""

    def __init__(self, spec: ModelSpec, films: Sequence[Film], readings: Sequence[FilmReading]) -> None:
        self._films, self._readings, self._spec = films, readings, spec
        self.rows = {
            label: [row for row, film in enumerate(films) if film.boxes_of(label) and label in readings[row].labels]
            for label in spec.labels
        }
        self.n_not_analysed = sum(
            not readings[row].is_analysed and any(film.boxes_of(label) for label in spec.labels)
            for row, film in enumerate(films)
        )

    def finding(self, row: int, label: str) -> PointedFinding:
        """Where the map is highest, and the boxes, as shares of the frame."""
        width, height = self._readings[row].size
        peak = self._readings[row].labels[label].peak
        return PointedFinding(peak or NOWHERE, shares(self._films[row].boxes_of(label), width, height))

    def reading(self, row: int, label: str) -> LabelReading:
        return self._readings[row].labels[label]

    def is_called(self, row: int, label: str) -> bool:
        """At or above the operating point: only then is the map shown as evidence."""
        point = self._spec.operating_points.get(label)
        return point is not None and self.reading(row, label).probability >= point.threshold


def pointing_metrics(pointed: PointedFilms, resamples: Resamples) -> Json | None:
    """By label and over all: hit rate with interval, the yardsticks, hits among films that were called, energy."""
    pairs = {label: [(row, label) for row in rows] for label, rows in pointed.rows.items() if rows}
    if not pairs:
        return None
    everything = [pair for found in pairs.values() for pair in found]
    return {
        "labels": {label: _metrics(pointed, found, resamples) for label, found in pairs.items()},
        EVERYTHING: _metrics(pointed, everything, resamples),
        "n_boxed_films_not_analysed": pointed.n_not_analysed,
    }


def pointing_summary(metrics: Json | None) -> Json | None:
    """The part of the document that the gate reads."""
    if metrics is None:
        return None
    found = metrics[EVERYTHING]
    return {
        "n": found["n"],
        "hit_rate": found["hit_rate"]["value"],
        "low": found["hit_rate"]["low"],
        "high": found["hit_rate"]["high"],
        "mean_box_area": found["mean_box_area"],
        "centre_rate": found["centre_rate"],
        "best_fixed_rate": found["best_fixed_rate"],
    }


def gate_verdict(summary: Json | None) -> Json:
    """Whether the version may be champion."""
    verdict = explainability_verdict(summary)
    return {"passed": verdict.passed, "reason": verdict.reason}


def energy_metrics(spec: ModelSpec, readings: Sequence[FilmReading], resamples: Resamples) -> Json | None:
    """Mean shares of the map's positive contributions on the border and on burned-in markers, over every map of a label
    that was called."""
    found: Json = {}
    for name in ("on_border", "on_markers"):
        shares_of = [
            (row, getattr(read, name))
            for row, reading in enumerate(readings)
            for label, read in reading.labels.items()
            if getattr(read, name) is not None and _called(spec, label, read)
        ]
        if shares_of:
            rows = np.array([row for row, _ in shares_of], dtype=np.int64)
            values = np.array([value for _, value in shares_of])
            found[name] = {**_mean(values, rows, resamples), "n_maps": len(values)}
    return {**found, "border_area": finite(BORDER_AREA)} if found else None


def shares(boxes: Sequence[BoundingBox], width: int, height: int) -> NDArray[np.float64]:
    """(n, 4) left, top, right, bottom as shares of the frame."""
    corners = [[box.left / width, box.top / height, box.right / width, box.bottom / height] for box in boxes]
    return np.array(corners, dtype=np.float64).reshape(-1, 4)


def _metrics(pointed: PointedFilms, pairs: Sequence[tuple[int, str]], resamples: Resamples) -> Json:
    findings = [pointed.finding(row, label) for row, label in pairs]
    result = pointing_game(findings)
    rows = np.array([row for row, _ in pairs], dtype=np.int64)
    hits = np.array([pointing_game([finding], grid=1).hit_rate for finding in findings]) > 0.5
    called = np.array([pointed.is_called(row, label) for row, label in pairs])
    inside = [(row, pointed.reading(row, label).in_box) for row, label in pairs]
    known = [(row, value) for row, value in inside if value is not None]
    return {
        "n": result.n,
        "hit_rate": _mean(hits, rows, resamples),
        "mean_box_area": finite(result.mean_box_area),
        "centre_rate": finite(result.centre_rate),
        "best_fixed_rate": finite(result.best_fixed_rate),
        "n_called": int(called.sum()),
        "hit_rate_when_called": _mean(hits[called], rows[called], resamples),
        "energy_in_box": _mean(np.array([v for _, v in known]), np.array([r for r, _ in known], int), resamples),
    }


def _mean(values: NDArray[np.generic], rows: NDArray[np.int64], resamples: Resamples) -> Json:
    """Rows may come more than once: two labels of one film."""
    if not len(rows):
        return plain(None)
    if values.dtype == np.bool_:
        return measured(lambda: share_interval(values, resamples.of(rows))) or plain(None)
    return measured(lambda: mean_interval(values, resamples.of(rows))) or plain(None)


def _called(spec: ModelSpec, label: str, reading: LabelReading) -> bool:
    point = spec.operating_points.get(label)
    return point is not None and reading.probability >= point.threshold
