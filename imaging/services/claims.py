"""Work is given out: a batch of runs of one model version, each with a lease, an attempt and a fencing token."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from imaging import events
from imaging.models import AnalysisState, InferenceRun, RunState
from imaging.services.studies import study_refresh
from registry.models import ModelVersion


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """One run in a worker's hands. The token is the proof: whoever claims the run next gets a higher one."""

    run_id: UUID
    fencing_token: int


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """Runs of one model version."""

    model_version: ModelVersion
    runs: tuple[ClaimedRun, ...]


@transaction.atomic
def inference_claim(*, worker: str, batch_size: int | None = None) -> ClaimedBatch | None:
    """The next batch: highest priority, then oldest first; None when nothing waits.

    A run that failed before, or whose worker died, comes alone, so that what is to blame is found and nothing else is
    blamed. Writes the leases and tells the pages of studies whose analysis begins. SQLite serialises claims with its
    immediate transactions; elsewhere rows that another worker is just claiming are passed over.
    """
    first = _waiting().first()
    if first is None:
        return None
    runs = [first]
    if not first.alone:
        wanted = batch_size or settings.INFERENCE_BATCH_SIZE
        more = _waiting().filter(model_version=first.model_version, alone=False).exclude(pk=first.pk)
        runs += list(more[: max(0, wanted - 1)])
    for run in runs:
        _lease(run, worker)
    _begun_announce(runs)
    claimed = tuple(ClaimedRun(run_id=run.id, fencing_token=run.fencing_token) for run in runs)
    return ClaimedBatch(model_version=first.model_version, runs=claimed)


def leases_extend(runs: tuple[ClaimedRun, ...]) -> int:
    """The heartbeat of a batch: how many of the runs are still held. A run that was taken away stays away."""
    lease_until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
    held = (
        InferenceRun.objects.filter(pk=run.run_id, fencing_token=run.fencing_token, state=RunState.RUNNING)
        for run in runs
    )
    return sum(rows.update(lease_until=lease_until) for rows in held)


def leases_expired() -> list[UUID]:
    """Runs whose worker has not been heard of for too long."""
    rows = InferenceRun.objects.filter(state=RunState.RUNNING, lease_until__lt=timezone.now())
    return list(rows.values_list("id", flat=True))


def leases_of_workers() -> dict[str, list[UUID]]:
    """Who holds which running runs."""
    held: dict[str, list[UUID]] = {}
    for run_id, worker in InferenceRun.objects.filter(state=RunState.RUNNING).values_list("id", "worker"):
        held.setdefault(worker, []).append(run_id)
    return held


def _waiting() -> "QuerySet[InferenceRun]":
    due = Q(not_before__isnull=True) | Q(not_before__lte=timezone.now())
    runs = InferenceRun.objects.filter(due, state=RunState.QUEUED).order_by("-priority", "created_at")
    return runs.select_related("model_version", "instance__series__study").select_for_update(
        of=("self",), skip_locked=True
    )


def _lease(run: InferenceRun, worker: str) -> None:
    now = timezone.now()
    run.state, run.worker, run.not_before = RunState.RUNNING, worker, None
    run.attempts, run.fencing_token = run.attempts + 1, run.fencing_token + 1
    run.started_at, run.lease_until = run.started_at or now, now + timedelta(seconds=settings.LEASE_SECONDS)
    run.save()


def _begun_announce(runs: list[InferenceRun]) -> None:
    studies = {run.instance.series.study_id: run.instance.series.study for run in runs}
    begun = [study for study in studies.values() if study.analysis_state == AnalysisState.WAITING]
    for study in begun:
        study_refresh(study)
    for study in begun:
        events.study_event_append(study, events.INFERENCE_STARTED)
