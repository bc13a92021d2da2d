"""The study's row follows from its runs: read them, apply the rules of standing.py, write the answer."""

from collections.abc import Collection

from django.db.models import F, Prefetch

from imaging.listeners import Happening, study_happened
from imaging.models import Finding, FrameResult, InferenceRun, Instance, RunState, Study
from imaging.pipeline.join import doubt_words
from imaging.pipeline.triage import silent_labels
from imaging.services.standing import FrameStanding, InstanceStanding, RunStanding, study_standing, unseen_reason
from imaging.services.volumes import is_volume, volume_standing
from registry.models import ModelVersion

FOLLOWING = (
    "analysis_state",
    "analysis_reason",
    "triage_class",
    "triage_reason",
    "triage_scores",
    "study_scores",
    "version",
)


def study_refresh(study: Study) -> None:
    """Work out where the study stands and write it, with a new version number; inside the caller's transaction.

    Whoever listens (listeners.py) is told.
    """
    standing = volume_standing(study) if is_volume(study) else study_standing(_instances(study))
    Study.objects.filter(pk=study.pk).update(
        analysis_state=standing.analysis_state,
        analysis_reason=standing.analysis_reason[:300],
        triage_class=standing.triage_class,
        triage_reason=standing.triage_reason[:500],
        triage_scores=standing.triage_scores,
        study_scores=standing.study_scores,
        version=F("version") + 1,
    )
    study.refresh_from_db(fields=FOLLOWING)
    study_happened(study, Happening.CHANGED)


def _instances(study: Study) -> list[InstanceStanding]:
    runs = InferenceRun.objects.filter(instance__series__study=study).exclude(state=RunState.SUPERSEDED)
    boxes = Finding.objects.filter(left__isnull=False, positive=True, joined_in=None)
    runs = runs.order_by("created_at").select_related("model_version")
    runs = runs.prefetch_related(Prefetch("frame_results__findings", boxes, to_attr="boxes"))
    silent = {label for version in {run.model_version for run in runs} for label in _silent(version)}
    by_instance: dict[object, list[RunStanding]] = {}
    for run in runs:
        by_instance.setdefault(run.instance_id, []).append(_run(run, silent))
    instances = Instance.objects.filter(series__study=study).order_by("created_at").only("id", "case_type", "series_id")
    return [
        InstanceStanding(unseen=unseen_reason(instance.case_type), runs=tuple(by_instance.get(instance.id, ())))
        for instance in instances
    ]


def _silent(version: ModelVersion) -> frozenset[str]:
    """Labels that no box of which raises the triage: the version's own rule leaves them out."""
    rule = version.spec.get("triage") or {}
    return silent_labels(version.labels, kind=rule.get("kind", ""), judged=rule.get("labels", ()))


def _run(run: InferenceRun, silent: Collection[str]) -> RunStanding:
    frames = tuple(_frame(result, silent) for result in run.frame_results.all())
    return RunStanding(state=run.state, reason=run.reason, started=run.started_at is not None, frames=frames)


def _frame(result: FrameResult, silent: Collection[str]) -> FrameStanding:
    boxes = [finding for finding in result.boxes if finding.label not in silent]
    best = max(boxes, key=lambda finding: finding.probability, default=None)
    return FrameStanding(
        index=result.frame_index,
        analysed=result.status == "analysed",
        reason=result.reason,
        triage_class=result.triage_class,
        triage_reason=result.triage_reason,
        triage_scores=result.triage_scores,
        box=(best.label, best.probability) if best else None,
        box_doubt=doubt_words(best.support, label_positive=best.second_positive) if best else "",
        corrections=tuple(result.corrections),
    )
