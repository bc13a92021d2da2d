"""Reading studies, findings and the queue."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, Min, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.access import sites_with
from accounts.keyholder import blind_index
from accounts.models import User
from imaging.disclosure import studies_shown
from imaging.models import Finding, FrameResult, InferenceRun, Instance, RunState, Study, WorkerPresence
from imaging.processes import process_is_gone

WORKER_SILENT_SECONDS = 30
MISSED_FRAMES = FrameResult.objects.filter(
    status="not_analysed",
    frame_index=OuterRef("frame_index"),
    run__instance=OuterRef("instance"),
    run__state=RunState.SUCCEEDED,
)
CURRENT_FINDING = Q(result__run__state=RunState.SUCCEEDED, joined_in=None) & ~Exists(MISSED_FRAMES)
"""Findings that stand: of no superseded run, joined in no other, and of no frame that another model says is not what it
was made for."""


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """What a list is narrowed to; patient_id is compared by blind index and goes nowhere else."""

    state: str = ""
    case_type: str = ""
    site_id: UUID | None = None
    triage: str = ""
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class QueueState:
    """How the queue does."""

    queued: int
    running: int
    needs_human: int
    oldest_queued_seconds: float
    worker_alive: bool


def studies_visible_to(user: User) -> QuerySet[Study]:
    """The studies of the sites where the user may see studies."""
    return Study.objects.filter(site__in=sites_with(user, "view_study"))


def studies_filtered(user: User, wanted: StudyFilter) -> QuerySet[Study]:
    """Visible and wanted, ready to be shown in a list."""
    studies = studies_visible_to(user)
    exact = {"analysis_state": wanted.state, "triage_class": wanted.triage, "site_id": wanted.site_id}
    studies = studies.filter(**{name: value for name, value in exact.items() if value})
    if wanted.triage:
        studies = studies_shown(user, studies)
    if wanted.case_type:
        studies = studies.filter(case_type="" if wanted.case_type == "unknown" else wanted.case_type)
    if wanted.patient_id:
        index = blind_index(user.organisation_id, "patient_id", wanted.patient_id)
        studies = studies.filter(patient__patient_id_index=index, patient__patient_id_index__isnull=False)
    return listed(studies)


def listed(studies: QuerySet[Study]) -> QuerySet[Study]:
    """With what a row of a list shows."""
    positive = Finding.objects.filter(CURRENT_FINDING, positive=True).order_by("-probability")
    return studies.select_related("site", "patient").prefetch_related(
        Prefetch("findings", queryset=positive, to_attr="positive_findings")
    )


def study_detail(study: Study) -> Study:
    """The study again, with everything that its page shows."""
    instances = Instance.objects.select_related("series").order_by("series__number", "number", "created_at")
    found = listed(Study.objects.filter(pk=study.pk)).select_related("uploaded_by").get()
    found.all_instances = list(instances.filter(series__study=study))
    found.all_models = list({run.model_version_id: run.model_version for run in current_runs(study)}.values())
    return found


def current_runs(*studies: Study) -> QuerySet[InferenceRun]:
    """Runs that were not superseded, oldest first."""
    runs = InferenceRun.objects.filter(instance__series__study__in=studies).exclude(state=RunState.SUPERSEDED)
    return runs.select_related("model_version").order_by("created_at")


def current_findings(*studies: Study) -> QuerySet[Finding]:
    """The findings that stand: positive first, then by probability."""
    findings = Finding.objects.filter(CURRENT_FINDING, study__in=studies).select_related(
        "model_version", "second_version", "result"
    )
    return findings.order_by(F("positive").desc(), F("probability").desc(), "id")


def first_place(study: Study, *, disclosed: bool) -> tuple[UUID, int] | None:
    """(instance, frame) that the study's page opens with: of the strongest positive finding, else the first image.

    Args:
        disclosed: the machine's output may be shown; where it may not, the place tells nothing of it.
    """
    strongest = current_findings(study).filter(positive=True).first() if disclosed else None
    if strongest is not None:
        return strongest.instance_id, strongest.frame_index
    instances = Instance.objects.filter(series__study=study).order_by("series__number", "number", "created_at")
    first = instances.values_list("id", flat=True).first()
    return None if first is None else (first, 0)


def queue_state() -> QueueState:
    """For the readiness page; no site is named."""
    now = timezone.now()
    runs = InferenceRun.objects.all()
    oldest = runs.filter(state=RunState.QUEUED).aggregate(at=Min("created_at"))["at"]
    seen_since = now - timedelta(seconds=max(WORKER_SILENT_SECONDS, settings.LEASE_SECONDS))
    workers = WorkerPresence.objects.filter(seen_at__gte=seen_since).values_list("name", flat=True)
    return QueueState(
        queued=runs.filter(state=RunState.QUEUED).count(),
        running=runs.filter(state=RunState.RUNNING).count(),
        needs_human=runs.filter(state=RunState.NEEDS_HUMAN).count(),
        oldest_queued_seconds=0.0 if oldest is None else (now - oldest).total_seconds(),
        worker_alive=any(not process_is_gone(name) for name in workers),
    )
