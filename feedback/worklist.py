"""The worklist, derived: a study is on it because of what it lacks, a signed read. Reads only; nothing is stored.

Order: urgent, then flagged and whatever has waited past the limit, then what no model could judge, then the rest;
inside each, the longest waiting first. Pages are cut by key (rank, received, id), so an arrival never shifts a page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Count, Exists, IntegerField, Min, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import User
from feedback.models import FindingReview, Read, ReadState, Verdict
from feedback.selectors import reads_that_speak
from feedback.worklist_rows import WorklistRow, row_of
from imaging.models import AnalysisState, Study, TriageClass
from imaging.selectors import StudyFilter, studies_filtered, studies_visible_to

LANES = ("to_read", "mine", "disagree", "needs_human", "not_analysed", "read_today", "all")
URGENT, SOON, UNJUDGED, IN_ORDER = range(4)
NOT_ANALYSED_STATES = (AnalysisState.NOT_ANALYSED, AnalysisState.CANCELLED)
UNJUDGED_STATES = (*NOT_ANALYSED_STATES, AnalysisState.NEEDS_HUMAN)
DISAGREEING = (Verdict.CORRECTED, Verdict.REJECTED, Verdict.ADDED)


@dataclass(frozen=True, slots=True)
class WorklistFilter:
    """What the reader asked to see; patient_id is compared by blind index and goes nowhere else."""

    lane: str = "to_read"
    case_type: str = ""
    site_id: UUID | None = None
    patient_id: str = ""
    study_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """The key of a row in the order of the list."""

    rank: int
    received_at: datetime
    study_id: UUID


@dataclass(frozen=True, slots=True)
class WorklistPage:
    rows: Sequence[WorklistRow]
    end: Position | None


@dataclass(frozen=True, slots=True)
class WorklistFigures:
    """urgent, waiting: unsigned studies; oldest_seconds: longest wait; median_seconds: to a first signature, today."""

    urgent: int
    waiting: int
    oldest_seconds: int | None
    median_seconds: int | None
    lanes: dict[str, int]
    case_types: dict[str, int]
    sites: dict[str, int]


def worklist_page(
    reader: User, wanted: WorklistFilter, *, after: Position | None = None, size: int = 50
) -> WorklistPage:
    """One page of rows, and the key to go on from (None at the end)."""
    studies = _ranked(worklist_for(reader, wanted))
    if after is not None:
        studies = studies.filter(_later_than(after))
    found = list(_with_rows(studies)[: size + 1])
    shown = found[:size]
    end = _position(shown[-1]) if len(found) > size else None
    return WorklistPage([row_of(study, reader=reader) for study in shown], end)


def worklist_next(reader: User, wanted: WorklistFilter, *, study: Study) -> WorklistRow | None:
    """The row that follows a study in the list; from the top when it was the last; None when the list is empty."""
    others = _ranked(worklist_for(reader, wanted)).exclude(id=study.id)
    here = _position(_ranked(Study.objects.filter(id=study.id)).get())
    found = _with_rows(others.filter(_later_than(here))).first() or _with_rows(others).first()
    return None if found is None else row_of(found, reader=reader)


def worklist_for(reader: User, wanted: WorklistFilter) -> QuerySet[Study]:
    """The studies that the reader may see and asked for, in no order yet."""
    exact = StudyFilter(case_type=wanted.case_type, site_id=wanted.site_id, patient_id=wanted.patient_id)
    studies = studies_filtered(reader, exact).filter(_lane(wanted.lane, reader))
    return studies.filter(id__in=wanted.study_ids) if wanted.study_ids else studies


def worklist_figures(reader: User, wanted: WorklistFilter) -> WorklistFigures:
    """Counts over everything the reader may see; case types and sites inside the lane that is open."""
    visible = studies_visible_to(reader)
    sums = visible.filter(_lane("to_read", reader)).aggregate(
        urgent=Count("id", filter=Q(triage_class=TriageClass.URGENT)),
        to_read=Count("id"),
        oldest=Min("created_at"),
        needs_human=Count("id", filter=Q(analysis_state=AnalysisState.NEEDS_HUMAN)),
        not_analysed=Count("id", filter=Q(analysis_state__in=NOT_ANALYSED_STATES)),
    )
    open_lane = visible.filter(_lane(wanted.lane, reader))
    return WorklistFigures(
        urgent=sums["urgent"],
        waiting=sums["to_read"],
        oldest_seconds=None if sums["oldest"] is None else _seconds(timezone.now() - sums["oldest"]),
        median_seconds=_median_to_signature_today(visible),
        lanes={name: sums.get(name, 0) for name in LANES} | _counts_from_reads(visible, reader),
        case_types=_counts(open_lane.values_list("case_type").annotate(n=Count("id"))),
        sites=_counts(open_lane.values_list("site_id").annotate(n=Count("id"))),
    )


def _counts_from_reads(visible: QuerySet[Study], reader: User) -> dict[str, int]:
    """The lanes that few studies are in are counted from their reads; studies without one are not looked at."""
    reads = reads_that_speak().filter(study__in=visible)
    signed = reads.filter(state=ReadState.SIGNED)
    disagreeing = FindingReview.objects.filter(
        read__study__in=visible, read__state=ReadState.SIGNED, withdrawal=None, verdict__in=DISAGREEING
    )
    return {
        "mine": reads.filter(reader=reader, state=ReadState.DRAFT).count(),
        "disagree": disagreeing.values("read__study").distinct().count(),
        "read_today": signed.filter(signed_at__gte=_midnight()).values("study").distinct().count(),
        "all": visible.count(),
    }


def _lane(lane: str, reader: User) -> Q:
    reads = Read.objects.filter(study=OuterRef("pk"))
    signed = reads.filter(state=ReadState.SIGNED)
    unsigned = ~Exists(signed)
    standing = FindingReview.objects.filter(read=OuterRef("pk"), withdrawal=None)
    lanes = {
        "to_read": Q(unsigned),
        "mine": Q(Exists(reads.filter(Exists(standing), reader=reader, state=ReadState.DRAFT))),
        "disagree": Q(Exists(signed.filter(Exists(standing.filter(verdict__in=DISAGREEING))))),
        "needs_human": Q(unsigned, analysis_state=AnalysisState.NEEDS_HUMAN),
        "not_analysed": Q(unsigned, analysis_state__in=NOT_ANALYSED_STATES),
        "read_today": Q(Exists(signed.filter(signed_at__gte=_midnight()))),
        "all": Q(),
    }
    return lanes[lane]


def _ranked(studies: QuerySet[Study]) -> QuerySet[Study]:
    limit = timezone.now() - timedelta(seconds=settings.WORKLIST_WAIT_LIMIT_SECONDS)
    rank = Case(
        When(triage_class=TriageClass.URGENT, then=Value(URGENT)),
        When(Q(triage_class=TriageClass.FLAGGED) | Q(created_at__lt=limit), then=Value(SOON)),
        When(analysis_state__in=UNJUDGED_STATES, then=Value(UNJUDGED)),
        default=Value(IN_ORDER),
        output_field=IntegerField(),
    )
    return studies.annotate(rank=rank).order_by("rank", "created_at", "id")


def _later_than(position: Position) -> Q:
    same_rank = Q(rank=position.rank)
    same_moment = same_rank & Q(created_at=position.received_at)
    return (
        Q(rank__gt=position.rank)
        | (same_rank & Q(created_at__gt=position.received_at))
        | (same_moment & Q(id__gt=position.study_id))
    )


def _position(study: Study) -> Position:
    return Position(study.rank, study.created_at, study.id)  # type: ignore[attr-defined]


def _with_rows(studies: QuerySet[Study]) -> QuerySet[Study]:
    reads = reads_that_speak().select_related("reader").order_by("created_at")
    return studies.prefetch_related(Prefetch("reads", queryset=reads, to_attr="all_reads"))


def _median_to_signature_today(visible: QuerySet[Study]) -> int | None:
    signed = Read.objects.filter(study__in=visible, state=ReadState.SIGNED, signed_at__gte=_midnight())
    firsts: dict[UUID, int] = {}
    for study_id, received, at in signed.order_by("signed_at").values_list(
        "study_id", "study__created_at", "signed_at"
    ):
        firsts.setdefault(study_id, _seconds(at - received))
    return int(median(firsts.values())) if firsts else None


def _counts(pairs: Iterable[tuple[object, int]]) -> dict[str, int]:
    return {str(key or "unknown"): number for key, number in pairs}


def _midnight() -> datetime:
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
