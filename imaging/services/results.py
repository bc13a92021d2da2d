"""What the pipeline said of a frame, as rows. Heatmaps are objects and are stored before the rows that name them.

A run writes what its own version predicted; imaging/services/joining.py makes one finding of a box and its label.
"""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from accounts.models import StoredObject
from accounts.services.objects import object_destroy, object_put
from imaging.models import Finding, FrameResult, InferenceRun
from imaging.pipeline.values import PipelineResult
from imaging.services.finding_rows import finding_columns
from imaging.services.heatmaps import heatmaps_pack


@dataclass(frozen=True, slots=True)
class FrameOutcome:
    """A frame's predictions without their heatmaps; they are stored, and `places` says which one's lies where."""

    index: int
    result: PipelineResult = field(repr=False)
    heatmaps: StoredObject | None = None
    places: tuple[int | None, ...] = ()


def frame_outcome_store(
    *, index: int, result: PipelineResult, organisation_id: UUID, patient_ref: UUID
) -> FrameOutcome:
    """Store a frame's heatmaps, encrypted under the patient's key; the outcome no longer holds them."""
    maps = [finding.heatmap for finding in result.predictions if finding.heatmap is not None]
    counter = itertools.count()
    places = tuple(None if finding.heatmap is None else next(counter) for finding in result.predictions)
    without_maps = tuple(replace(finding, heatmap=None) for finding in result.predictions)
    slim = replace(result, findings=(), predictions=without_maps)
    if not maps:
        return FrameOutcome(index=index, result=slim, places=places)
    data = heatmaps_pack(maps)
    stored = object_put(organisation_id=organisation_id, patient_ref=patient_ref, kind="heatmap", data=data)
    return FrameOutcome(index=index, result=slim, heatmaps=stored, places=places)


def frame_outcomes_destroy(frames: Sequence[FrameOutcome]) -> None:
    """Destroy the heatmaps of a result that no longer counts."""
    for frame in frames:
        if frame.heatmaps is not None:
            object_destroy(frame.heatmaps)


def frame_results_write(run: InferenceRun, frames: Sequence[FrameOutcome]) -> None:
    """Write FrameResult and Finding rows; inside the transaction that ends the run."""
    for frame in frames:
        result = FrameResult.objects.create(run=run, frame_index=frame.index, **_result_columns(frame.result))
        Finding.objects.bulk_create(_findings(run, result, frame))


def _result_columns(result: PipelineResult) -> dict[str, Any]:
    triage = result.triage
    return {
        "status": result.status,
        "reason": (result.reason or "")[:300],
        "triage_class": triage.triage_class if triage else "",
        "triage_reason": (triage.reason if triage else "")[:500],
        "triage_scores": triage.scores if triage else {},
        "scores": result.scores,
        "corrections": list(result.corrections),
        "timings_ms": {**asdict(result.timings), "total": result.timings.total},
    }


def _findings(run: InferenceRun, result: FrameResult, frame: FrameOutcome) -> list[Finding]:
    return [
        Finding(
            result=result,
            study_id=run.instance.series.study_id,
            instance=run.instance,
            model_version=run.model_version,
            frame_index=frame.index,
            heatmap=None if place is None else frame.heatmaps,
            heatmap_index=place,
            **finding_columns(finding),
        )
        for finding, place in zip(frame.result.predictions, frame.places, strict=True)
    ]
