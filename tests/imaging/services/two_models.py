"""A chest phantom that a classifier and a detector look at, and what they say of it: a test says what each found."""

from collections.abc import Sequence

import numpy as np

from imaging.models import InferenceRun, RunState
from imaging.pipeline.values import BoundingBox, Heatmap, PipelineResult, PredictedFinding, Timings, Triage
from imaging.services.claims import ClaimedRun
from imaging.services.inference import inference_complete
from imaging.services.results import frame_outcome_store
from registry.models import ModelVersion

INSIDE = BoundingBox(10.0, 10.0, 30.0, 30.0)
OUTSIDE = BoundingBox(50.0, 50.0, 70.0, 70.0)
LABEL = "effusion"


def second_run(run: InferenceRun, *, labels: Sequence[str] = (LABEL,)) -> InferenceRun:
    """A run of a detector beside the classifier's."""
    version, _ = ModelVersion.objects.get_or_create(
        name="chest-boxes",
        version="2",
        defaults={
            "task": "detector",
            "architecture": "lean_faster_rcnn",
            "sha256": "d" * 64,
            "artefact": "chest-boxes.safetensors",
            "size_bytes": 1,
            "labels": list(labels),
            "spec": {"operating_points": {label: {"sensitivity": 0.7, "specificity": 0.8} for label in labels}},
        },
    )
    return InferenceRun.objects.create(instance=run.instance, model_version=version, repetition=run.repetition)


def heatmap() -> Heatmap:
    """Over 96 x 80 pixels; only what lies in INSIDE speaks for the label."""
    values = np.full((96, 80), -0.01, np.float32)
    values[15:25, 15:25] = 0.3
    return Heatmap.of_array(values)


def label(probability: float, *, name: str = LABEL) -> PredictedFinding:
    return _finding(name, probability, 0.5, source="classifier", heatmap=heatmap())


def box(probability: float, at: BoundingBox = INSIDE, *, name: str = LABEL) -> PredictedFinding:
    return _finding(name, probability, 0.3, source="detector", box=at)


def complete(run: InferenceRun, *predictions: PredictedFinding, triage: str = "", reason: str | None = None) -> None:
    """End the run as a worker does, with these predictions of its only frame."""
    InferenceRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, fencing_token=1)
    result = PipelineResult(
        status="analysed" if reason is None else "not_analysed",
        reason=reason,
        triage=Triage(triage, "Nothing.", {"normal": 0.8, "flagged": 0.1, "urgent": 0.1}) if triage else None,
        scores={},
        findings=(),
        timings=Timings(),
        predictions=predictions,
    )
    study = run.instance.series.study
    outcome = frame_outcome_store(
        index=0, result=result, organisation_id=study.organisation_id, patient_ref=study.patient_id
    )
    inference_complete(ClaimedRun(run.id, 1), (outcome,))


def _finding(name: str, probability: float, threshold: float, **given: object) -> PredictedFinding:
    return PredictedFinding(
        label=name,
        score=probability,
        probability=probability,
        operating_point=threshold,
        positive=probability >= threshold,
        model_name="any",
        model_version="1",
        **given,  # type: ignore[arg-type]
    )
