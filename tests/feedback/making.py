"""Findings as a worker would have left them, without a worker."""

import itertools
from typing import Any

from feedback.services.worklist_entries import worklist_entry_refresh
from imaging.models import AnalysisState, Finding, FrameResult, InferenceRun, Instance, RunState, Study, TriageClass
from registry.models import ModelVersion

_numbers = itertools.count(1)


def make_version(**columns: Any) -> ModelVersion:
    number = next(_numbers)
    given = {"name": f"chest-test-{number}", "version": "1.0.0", "task": "classifier", "architecture": "test"}
    given |= {"sha256": f"{number:064x}", "artefact": "none", "size_bytes": 1, "labels": ["effusion", "mass"]}
    return ModelVersion.objects.create(**{**given, **columns})


def make_analysed(study: Study, *, triage: str = TriageClass.URGENT) -> FrameResult:
    """The study's first instance has been analysed; findings are added with make_finding."""
    instance = Instance.objects.filter(series__study=study).first()
    run = InferenceRun.objects.create(instance=instance, model_version=make_version(), state=RunState.SUCCEEDED)
    Study.objects.filter(pk=study.pk).update(analysis_state=AnalysisState.ANALYSED, triage_class=triage, version=1)
    study.refresh_from_db()
    worklist_entry_refresh(study)
    return FrameResult.objects.create(run=run, frame_index=0, status="analysed", triage_class=triage)


def make_finding(result: FrameResult, **columns: Any) -> Finding:
    """Positive, with a box, unless told otherwise."""
    given = {"label": "effusion", "source": "classifier", "score": 1.2, "probability": 0.91, "operating_point": 0.37}
    given |= {"positive": True, "left": 10.0, "top": 12.0, "right": 40.0, "bottom": 50.0, "frame_index": 0}
    finding = Finding.objects.create(
        result=result,
        study=result.run.instance.series.study,
        instance=result.run.instance,
        model_version=result.run.model_version,
        **{**given, **columns},
    )
    worklist_entry_refresh(finding.study)
    return finding
