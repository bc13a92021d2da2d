"""The life of a run: a run changes state here and in claims.py, where it is given out, and nowhere else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from accounts.audit.actions import Action, Outcome
from accounts.audit.record import record_effect
from accounts.models import User
from imaging import events
from imaging.errors import CaseTypeInvalid, LeaseLost, NothingToCancel
from imaging.models import InferenceRun, Instance, RunState, Study
from imaging.pipeline.values import CASE_TYPES
from imaging.services.claims import ClaimedRun, inference_claim, leases_expired, leases_extend, leases_of_workers
from imaging.services.execution import inference_execute
from imaging.services.joining import findings_join
from imaging.services.results import FrameOutcome, frame_results_write
from imaging.services.studies import study_refresh
from registry.selectors import routed_versions

__all__ = [
    "inference_cancel",
    "inference_claim",
    "inference_complete",
    "inference_execute",
    "inference_fail",
    "inference_queue",
    "inference_rerun",
    "leases_extend",
    "leases_recover",
]

PENDING = (RunState.QUEUED, RunState.RUNNING)
PRIORITY_ASKED_FOR = 10
RETRY_SECONDS = 1.0


def inference_queue(instance: Instance, *, priority: int = 0) -> list[InferenceRun]:
    """Queue a run for every version that the instance's case type is routed to; inside the caller's transaction."""
    versions = routed_versions(instance.case_type, instance.site_id) if instance.case_type else []
    before = InferenceRun.objects.filter(instance=instance).aggregate(last=Max("repetition"))["last"]
    repetition = 0 if before is None else before + 1
    return [
        InferenceRun.objects.create(instance=instance, model_version=version, repetition=repetition, priority=priority)
        for version in versions
    ]


@transaction.atomic
def inference_complete(claim: ClaimedRun, frames: tuple[FrameOutcome, ...]) -> None:
    """Write what a model said of an instance: results, findings, the study's standing; audited and pushed.

    Raises:
        LeaseLost: the run is no longer this worker's. Nothing was written.
    """
    run = _held(claim)
    _end(run, RunState.SUCCEEDED)
    frame_results_write(run, frames)
    joined = findings_join(run.instance)
    study = run.instance.series.study
    study_refresh(study)
    detail = {"input_sha256": run.instance.sha256, "frames": len(frames), "attempt": run.attempts, "joined": joined}
    record_effect(Action.INFERENCE_COMPLETED, **_subject(run, study), detail=detail)
    events.study_event_append(study, events.INFERENCE_COMPLETED)


@transaction.atomic
def inference_fail(claim: ClaimedRun, *, code: str, message: str) -> None:
    """End an attempt that failed: back to the queue, alone and after a pause, or to a person after the last attempt.

    Audited and pushed.

    Raises:
        LeaseLost: the run is no longer this worker's. Nothing was written.
    """
    _attempt_end(_held(claim), code=code, message=message)


def leases_recover(*, is_gone: Callable[[str], bool]) -> int:
    """Take runs back from workers that are dead: proved by is_gone(worker), or silent for longer than their lease.

    Each counts as a failed attempt. Returns how many were taken back.
    """
    lost = set(leases_expired())
    for worker, run_ids in leases_of_workers().items():
        lost.update(run_ids if is_gone(worker) else ())
    return sum(_abandoned_end(run_id, is_gone=is_gone) for run_id in sorted(lost))


@transaction.atomic
def inference_cancel(*, study: Study, actor: User) -> int:
    """Cancel what waits or runs for a study; a worker's late result is dropped. Audited and pushed.

    Returns how many runs were cancelled.

    Raises:
        NothingToCancel.
    """
    study = _study_locked(study.pk)
    runs = list(_runs().filter(instance__series__study=study, state__in=PENDING))
    if not runs:
        raise NothingToCancel
    for run in runs:
        _end(run, RunState.CANCELLED, code="cancelled", reason="cancelled: The analysis was cancelled.")
    for instance in {run.instance for run in runs}:
        findings_join(instance)
    study_refresh(study)
    for run in runs:
        record_effect(Action.INFERENCE_CANCELLED, actor=actor, **_subject(run, study))
    events.study_event_append(study, events.INFERENCE_CANCELLED)
    return len(runs)


@transaction.atomic
def inference_rerun(*, study: Study, actor: User, case_type: str | None = None) -> list[InferenceRun]:
    """Analyse a study again, as another case type where one is given. What was found before is superseded, not deleted.

    Audited and pushed.

    Raises:
        CaseTypeInvalid.
    """
    if case_type and case_type not in CASE_TYPES:
        raise CaseTypeInvalid
    study = _study_locked(study.pk)
    if case_type:
        _case_type_set(study, case_type)
    _supersede(study)
    instances = Instance.objects.filter(series__study=study).order_by("created_at")
    runs = [run for instance in instances for run in inference_queue(instance, priority=PRIORITY_ASKED_FOR)]
    study_refresh(study)
    record_effect(
        Action.INFERENCE_QUEUED,
        organisation_id=study.organisation_id,
        actor=actor,
        site_id=study.site_id,
        object_type="study",
        object_id=study.id,
        patient_ref=study.patient_id,
        study_id=study.id,
        detail={"case_type": study.case_type, "runs": len(runs)},
    )
    events.study_event_append(study, events.INFERENCE_QUEUED)
    return runs


def _case_type_set(study: Study, case_type: str) -> None:
    study.case_type, study.case_type_reason = case_type, "chosen by a reader"
    study.save(update_fields=["case_type", "case_type_reason"])
    Instance.objects.filter(series__study=study).update(case_type=case_type)


def _supersede(study: Study) -> None:
    """The fencing token rises too: a worker that still runs one of them can no longer write."""
    runs = InferenceRun.objects.filter(instance__series__study=study).exclude(state=RunState.SUPERSEDED)
    runs.filter(state__in=PENDING).update(finished_at=timezone.now())
    runs.update(state=RunState.SUPERSEDED, fencing_token=F("fencing_token") + 1, lease_until=None)


def _study_locked(study_id: UUID) -> Study:
    """Every transaction that touches runs locks their study first: one order, no deadlock."""
    return Study.objects.select_for_update().get(pk=study_id)


def _runs() -> Any:
    runs = InferenceRun.objects.select_related("instance__series__study", "model_version")
    return runs.select_for_update(of=("self",))


def _held(claim: ClaimedRun) -> InferenceRun:
    study_id = InferenceRun.objects.filter(pk=claim.run_id).values_list("instance__series__study", flat=True).first()
    if study_id is None:
        raise LeaseLost
    study = _study_locked(study_id)
    run = _runs().filter(pk=claim.run_id, state=RunState.RUNNING, fencing_token=claim.fencing_token).first()
    if run is None:
        raise LeaseLost
    run.instance.series.study = study
    return run


@transaction.atomic
def _abandoned_end(run_id: UUID, *, is_gone: Callable[[str], bool]) -> int:
    """1 when the run is still held by a dead worker at this moment; another process may have been faster."""
    run = _runs().filter(pk=run_id, state=RunState.RUNNING).first()
    if run is None or not (is_gone(run.worker) or run.lease_until < timezone.now()):
        return 0
    _attempt_end(run, code="worker_lost", message="The process that analysed the image died.")
    return 1


def _attempt_end(run: InferenceRun, *, code: str, message: str) -> None:
    given_up = run.attempts >= settings.MAX_ATTEMPTS
    if given_up:
        reason = f"{code}: {message} Given up after {run.attempts} attempts."
        _end(run, RunState.NEEDS_HUMAN, code=code, reason=reason)
        findings_join(run.instance)
    else:
        _requeue(run, code=code, message=message)
    study = run.instance.series.study
    study_refresh(study)
    detail = {"code": code, "message": message, "attempt": run.attempts, "given_up": given_up}
    record_effect(Action.INFERENCE_FAILED, **_subject(run, study), detail=detail, outcome=Outcome.FAILURE)
    events.study_event_append(study, events.INFERENCE_FAILED)


def _requeue(run: InferenceRun, *, code: str, message: str) -> None:
    run.state, run.lease_until, run.worker, run.alone = RunState.QUEUED, None, "", True
    run.not_before = timezone.now() + timedelta(seconds=RETRY_SECONDS * 2 ** (run.attempts - 1))
    run.error_code, run.reason = code[:64], f"{code}: {message}"[:300]
    run.save()


def _end(run: InferenceRun, state: RunState, *, code: str = "", reason: str = "") -> None:
    run.state, run.lease_until, run.not_before, run.finished_at = state, None, None, timezone.now()
    run.error_code, run.reason = code[:64], reason[:300]
    run.save()


def _subject(run: InferenceRun, study: Study) -> dict[str, Any]:
    """What an audit event says of a run: ids and the model's digest."""
    version = run.model_version
    return {
        "organisation_id": study.organisation_id,
        "site_id": study.site_id,
        "object_type": "inference_run",
        "object_id": run.id,
        "patient_ref": study.patient_id,
        "study_id": study.id,
        "model": {"name": version.name, "version": version.version, "sha256": version.sha256},
    }
