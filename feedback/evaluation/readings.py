"""Films through versions by the pipeline that serves: what is measured is what a reader would have been shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from feedback.evaluation.films import Describe, OpenedFilm, opened_batches
from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.values import (
    ANALYSED,
    FAILED,
    NOT_ANALYSED,
    REFUSED,
    BoxReading,
    FilmFacts,
    FilmReading,
    JoinedReading,
    LabelReading,
)
from imaging.pipeline.errors import PipelineError
from imaging.pipeline.run import run_pipeline
from imaging.pipeline.values import BoundingBox, Frame, Heatmap, PipelineResult, PredictedFinding
from registry.runtime.values import LoadedModel

MAP_SIDE = 128  # long side of the map on which the energy inside drawn boxes is summed
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ReadFilms:
    """Films with what each version said of them, in one order.

    Attributes:
        readings: by version, one a film.
    """

    films: tuple[Film, ...]
    facts: tuple[FilmFacts | None, ...] = field(repr=False)
    readings: tuple[tuple[FilmReading, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reader:
    """The versions that read, behind the guard if there is one.

    Attributes:
        front: the classifiers that read a film before a detector does, and whose word is joined with its boxes.
    """

    models: tuple[LoadedModel, ...]
    case_type: str
    guard: LoadedModel | None = None
    describe: Describe | None = None
    front: tuple[LoadedModel, ...] = ()

    def read(self, films: Sequence[Film], *, advance: Advance) -> ReadFilms:
        """Every film through every version; `advance` hears how many films are through."""
        facts: list[FilmFacts | None] = []
        readings: list[list[FilmReading]] = [[] for _ in self.models]
        for batch in opened_batches(films, describe=self.describe):
            for model, said in zip(self.models, readings, strict=True):
                said += self._batch(batch, model)
            facts += [opened.facts for opened in batch]
            advance(len(facts))
        return ReadFilms(tuple(films), tuple(facts), tuple(tuple(said) for said in readings))

    def _batch(self, batch: Sequence[OpenedFilm], model: LoadedModel) -> list[FilmReading]:
        there = [opened for opened in batch if opened.frame is not None]
        results = iter(self._results(there, model))
        return [
            FilmReading(status=REFUSED, reason=opened.refusal)
            if opened.frame is None
            else _reading(opened.film, opened.frame, next(results), model)
            for opened in batch
        ]

    def _results(self, batch: Sequence[OpenedFilm], model: LoadedModel) -> list[PipelineResult | PipelineError]:
        frames = [opened.frame for opened in batch if opened.frame is not None]
        decode_ms = [opened.decode_ms for opened in batch]
        if not frames:
            return []
        models = [*(self.front if model.spec.task == "detector" else ()), model]
        if self.guard is None:
            return run_pipeline(frames, models=models, decode_ms=decode_ms)
        return run_pipeline(frames, models=models, decode_ms=decode_ms, guard=self.guard, case_type=self.case_type)


def _reading(film: Film, frame: Frame, result: PipelineResult | PipelineError, model: LoadedModel) -> FilmReading:
    size = (frame.columns, frame.rows)
    if isinstance(result, PipelineError):
        return FilmReading(status=FAILED, reason=result.code, size=size)
    if result.status != ANALYSED:
        return FilmReading(status=NOT_ANALYSED, reason=_code(result.reason), size=size)
    own = [finding for finding in result.predictions if finding.model_name == model.spec.name]
    return FilmReading(
        status=ANALYSED,
        labels={finding.label: _label(film, frame, finding) for finding in own if finding.source == "classifier"},
        boxes=tuple(
            BoxReading(finding.label, finding.box, finding.score, finding.probability)
            for finding in own
            if finding.box is not None
        ),
        joined=tuple(_joined(finding) for finding in result.findings if finding.positive and finding.support),
        triage_scores=dict(result.triage.scores) if result.triage else None,
        triage_class=result.triage.triage_class if result.triage else None,
        corrections=result.corrections,
        milliseconds=result.timings.total,
        size=size,
    )


def _joined(finding: PredictedFinding) -> JoinedReading:
    return JoinedReading(finding.label, finding.support, finding.probability, finding.box, finding.agreement)


def _label(film: Film, frame: Frame, finding: PredictedFinding) -> LabelReading:
    peak = finding.peak
    boxes = film.boxes_of(finding.label)
    return LabelReading(
        score=finding.score,
        probability=finding.probability,
        peak=None if peak is None else (peak.x / frame.columns, peak.y / frame.rows),
        in_box=share_inside(finding.heatmap, boxes, frame) if finding.heatmap is not None and boxes else None,
        on_border=finding.border_energy,
        on_markers=finding.marker_energy,
    )


def share_inside(heatmap: Heatmap, boxes: Sequence[BoundingBox], frame: Frame) -> float | None:
    """Share of the map's positive contributions whose pixel centres lie in a box; None when there are none."""
    values = np.maximum(heatmap.rendered(MAP_SIDE), 0.0)
    total = float(values.sum())
    if total <= 0:
        return None
    height, width = values.shape
    x = (np.arange(width) + 0.5) * frame.columns / width
    y = (np.arange(height) + 0.5) * frame.rows / height
    covered = np.zeros(values.shape, dtype=bool)
    for box in boxes:
        covered |= ((y >= box.top) & (y <= box.bottom))[:, None] & ((x >= box.left) & (x <= box.right))[None, :]
    return float(values[covered].sum()) / total


def _code(reason: str | None) -> str:
    return (reason or "not_analysed").split(":", 1)[0]
