"""Where a study of many slices stands: counted by the database while runs are to come, aggregated once they are done.

The rows of its slices are read when nothing is pending any more, in a handful of queries however many slices there are;
until then a slice that arrives or completes costs three counts.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.errors import DomainError
from imaging.models import AnalysisState, Finding, FrameResult, InferenceRun, Instance, RunState, Study
from imaging.pipeline.join import doubt_words
from imaging.pipeline.study_aggregate import SeriesScores, StudyScore, study_scores, study_triage
from imaging.pipeline.triage import words
from imaging.services.standing import PENDING, FrameStanding, StudyStanding, settled_standing, unseen_reason
from registry.models import ModelVersion
from registry.runtime.values import TRIAGE_CLASSES, ModelSpec, spec_from_json

VOLUME_CASE_TYPES = ("ct", "mr")
UNSORTED = "unsorted: No version that looked at this study is calibrated for sorting it; its scores are shown."


@dataclass(frozen=True, slots=True)
class Slice:
    """One frame of one instance, at its place in the series; number is what the file calls it."""

    instance_id: UUID
    frame_index: int
    number: int | None


@dataclass(frozen=True, slots=True)
class Volume:
    """A study's slices in order, series by series, and what was said of each: (version, instance, frame) -> result."""

    series: tuple[tuple[Slice, ...], ...]
    said: dict[tuple[UUID, UUID, int], tuple[dict[str, float], dict[str, float]]]
    missed: dict[tuple[UUID, int], str]


def is_volume(study: Study) -> bool:
    """Of a case type that is read as a stack of slices."""
    return study.case_type in VOLUME_CASE_TYPES


def volume_standing(study: Study) -> StudyStanding:
    """State, reason, triage and scores of a study of slices. "normal" only when every slice was analysed."""
    states = _run_states(study)
    if pending := [state for state in PENDING if state in states]:
        begun = any(states[state][1] for state in states) or RunState.RUNNING in pending
        return StudyStanding(AnalysisState.ANALYSING if begun else AnalysisState.WAITING, "")
    unseen, instances = _without_runs(study)
    if not states:
        return settled_standing(frames=instances, unseen=unseen)
    volume = _volume(study)
    unseen += [reason for _, reason in sorted(volume.missed.items(), key=lambda item: str(item[0]))]
    frames = sum(len(slices) for slices in volume.series)
    ended = _ended_otherwise(study, states)
    return _aggregated(study, volume, settled_standing(frames=frames, unseen=unseen, ended=ended), complete=not unseen)


def _aggregated(study: Study, volume: Volume, settled: StudyStanding, *, complete: bool) -> StudyStanding:
    versions = _versions(study)
    scores: dict[str, Any] = {}
    judged: list[FrameStanding] = _positive_box(study)
    sorts = False
    for version, spec in versions:
        series = [_series(volume, version.id, slices) for slices in volume.series]
        found = study_scores(series)
        for label, score in found.items():
            scores.setdefault(label, _score_document(version, volume, score))
        triage = study_triage(spec, series, found) if spec else None
        sorts = sorts or bool(spec and spec.triage)
        if triage is not None:
            reason = f"{triage.reason} {_slices_sentence(spec, volume, found)}".strip()
            judged.append(FrameStanding(0, True, "", triage.triage_class, reason, triage.scores))
    complete = complete and settled.analysis_state == AnalysisState.ANALYSED
    standing = settled.with_worst(judged, complete=complete)
    reason = standing.analysis_reason
    if complete and scores and not sorts:
        reason = UNSORTED
    return standing.replaced(analysis_reason=reason, study_scores=scores)


def _series(volume: Volume, version_id: UUID, slices: Sequence[Slice]) -> SeriesScores:
    """NaN wherever the version did not look, or some version says that the slice is not to be analysed."""
    rows = [volume.said.get((version_id, one.instance_id, one.frame_index)) for one in slices]
    rows = [
        None if (one.instance_id, one.frame_index) in volume.missed else row
        for one, row in zip(slices, rows, strict=True)
    ]
    labels = sorted({label for row in rows if row for label in row[0]})
    probabilities = {label: _column(row and row[0].get(label) for row in rows) for label in labels}
    has_triage = any(row and row[1] for row in rows)
    columns = [_column(row and row[1].get(name) for row in rows) for name in TRIAGE_CLASSES]
    return SeriesScores(probabilities=probabilities, triage=np.stack(columns, axis=1) if has_triage else None)


def _column(values: Iterable[Any]) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _score_document(version: ModelVersion, volume: Volume, score: StudyScore) -> dict[str, Any]:
    slices = [volume.series[score.series][index] for index in score.slices]
    return {
        "probability": score.probability,
        "model": str(version),
        "slices": [
            {"instance": str(one.instance_id), "frame": one.frame_index, "number": one.number} for one in slices
        ],
    }


def _slices_sentence(spec: ModelSpec | None, volume: Volume, found: dict[str, StudyScore]) -> str:
    """Where a reader should look first."""
    rule = spec.triage if spec else None
    label = rule.label if rule and rule.label in found else max(found, key=lambda name: found[name].probability)
    score = found[label]
    names = [_slice_name(volume.series[score.series][index], index) for index in score.slices]
    return f"Most suspicious of {words(label)}: slices {', '.join(names)}."


def _slice_name(one: Slice, index: int) -> str:
    number = str(index + 1 if one.number is None else one.number)
    return f"{number} frame {one.frame_index + 1}" if one.frame_index else number


def _run_states(study: Study) -> dict[str, tuple[int, int]]:
    """State -> how many runs that were not superseded, and how many of these were ever started."""
    rows = _runs(study).order_by().values_list("state").annotate(n=Count("id"), started=Count("started_at"))
    return {state: (n, started) for state, n, started in rows}


def _runs(study: Study) -> QuerySet[InferenceRun]:
    return InferenceRun.objects.filter(instance__series__study=study).exclude(state=RunState.SUPERSEDED)


def _without_runs(study: Study) -> tuple[list[str], int]:
    """One reason for every instance that nobody looks at, and how many instances there are."""
    looked_at = InferenceRun.objects.filter(instance=OuterRef("pk")).exclude(state=RunState.SUPERSEDED)
    rows = Instance.objects.filter(series__study=study).order_by().annotate(seen=Exists(looked_at))
    counted = list(rows.values_list("case_type", "seen").annotate(n=Count("id")))
    unseen = [unseen_reason(case_type) for case_type, seen, n in counted if not seen for _ in range(n)]
    return unseen, sum(n for _, _, n in counted)


def _ended_otherwise(study: Study, states: dict[str, tuple[int, int]]) -> tuple[str, str] | None:
    """The state and reason of runs that did not succeed; None when all did."""
    if RunState.NEEDS_HUMAN in states:
        reason = _runs(study).filter(state=RunState.NEEDS_HUMAN).order_by("created_at").values_list("reason", flat=True)
        return RunState.NEEDS_HUMAN, str(reason.first())
    return (RunState.CANCELLED, "") if RunState.CANCELLED in states else None


def _volume(study: Study) -> Volume:
    """Two queries: the slices in order, and what was said of them."""
    by_series: dict[UUID, list[Slice]] = defaultdict(list)
    rows = Instance.objects.filter(series__study=study).order_by("series__number", "series_id", "number", "created_at")
    for instance_id, series_id, number, frames in rows.values_list("id", "series_id", "number", "number_of_frames"):
        by_series[series_id] += [Slice(instance_id, index, number) for index in range(frames)]
    results = FrameResult.objects.filter(run__in=_runs(study).filter(state=RunState.SUCCEEDED).values("pk"))
    columns = ("run__model_version_id", "run__instance_id", "frame_index", "status", "reason", "scores")
    said, missed = {}, {}
    for version, instance, index, status, reason, scores, triage in results.values_list(*columns, "triage_scores"):
        if status == "analysed":
            said[version, instance, index] = (scores, triage)
        else:
            missed[instance, index] = reason
    return Volume(series=tuple(tuple(slices) for slices in by_series.values()), said=said, missed=missed)


def _versions(study: Study) -> list[tuple[ModelVersion, ModelSpec | None]]:
    """Who looked, the first that was asked first."""
    ids = dict.fromkeys(_runs(study).order_by("created_at").values_list("model_version_id", flat=True))
    rows = ModelVersion.objects.in_bulk(list(ids))
    return [(rows[version_id], _spec(rows[version_id])) for version_id in ids]


def _spec(version: ModelVersion) -> ModelSpec | None:
    """None for a version whose stored specification this program no longer reads: it sorts nothing."""
    try:
        return spec_from_json(json.dumps(version.spec))
    except DomainError:
        return None


def _positive_box(study: Study) -> list[FrameStanding]:
    """The surest box at or above its operating point: it makes at least flagged of the study."""
    boxes = Finding.objects.filter(
        study=study,
        left__isnull=False,
        positive=True,
        joined_in=None,
        result__run__state=RunState.SUCCEEDED,
        result__status="analysed",
    )
    best = boxes.order_by("-probability").first()
    if best is None:
        return []
    doubt = doubt_words(best.support, label_positive=best.second_positive)
    return [FrameStanding(0, True, box=(best.label, best.probability), box_doubt=doubt)]
