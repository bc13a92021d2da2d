"""What a reader asked to see, and what that asks of an entry."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from feedback.models import FacetKind, WorklistFacet
from feedback.priority import Grade

LANES = ("to_read", "mine", "second_reads", "disagree", "administrative", "claims", "read_today", "all")
SEARCHES = ("patient_id", "accession_number", "claim_number", "pseudonym")
TO_READ = (Grade.URGENT, Grade.FLAGGED, Grade.UNJUDGED, Grade.IN_ORDER)
GRADES_OF_LANE: dict[str, tuple[Grade, ...]] = {
    "to_read": TO_READ,
    "administrative": (Grade.ADMINISTRATIVE,),
    "second_reads": TO_READ,
    "mine": tuple(Grade),
    "claims": tuple(Grade),
    "all": tuple(Grade),
}
"""The grades a lane runs through, in turn; lanes that are not here hold what is read, the newest first."""


@dataclass(frozen=True, slots=True)
class WorklistFilter:
    """What the reader asked to see.

    claim: "" | "with" | "without"; claim_id: of one claim. date_from, date_to: days of receipt, UTC, both included.
    search: one of SEARCHES and what was typed; it is compared by blind index (a pseudonym as it stands) and goes
    nowhere else. study_ids: only these.
    """

    lane: str = "to_read"
    case_type: str = ""
    site_id: UUID | None = None
    triage: str = ""
    state: str = ""
    claim: str = ""
    claim_id: UUID | None = None
    date_from: date | None = None
    date_to: date | None = None
    model_version: UUID | None = None
    disagreement: bool = False
    mine: bool = False
    study_ids: tuple[UUID, ...] = ()
    search: tuple[str, str] | None = None

    @property
    def is_few(self) -> bool:
        """Whether it names its studies, or something that only few studies have."""
        return bool(self.study_ids or self.search or self.claim_id)

    @property
    def asks_the_machine(self) -> bool:
        """Whether it narrows by what the models say, or by what readers said of that."""
        return bool(self.triage or self.disagreement)

    def received_from(self) -> datetime | None:
        return None if self.date_from is None else _midnight_of(self.date_from)

    def received_before(self) -> datetime | None:
        return None if self.date_to is None else _midnight_of(self.date_to + timedelta(days=1))


def lane_condition(lane: str, reader: User) -> Q:
    """What an entry is in the lane for."""
    conditions = {
        "to_read": Q(grade__in=TO_READ),
        "administrative": Q(grade=Grade.ADMINISTRATIVE),
        "second_reads": Q(second_grade__isnull=False),
        "mine": has_facet(FacetKind.DRAFT, reader.id),
        "disagree": Q(disagrees=True),
        "claims": Q(claim__isnull=False),
        "read_today": Q(last_signed_at__gte=midnight()),
        "all": Q(),
    }
    return conditions[lane]


def column_conditions(wanted: WorklistFilter, *, prefix: str = "") -> Q:
    """The filters that are columns of the entry; prefix: the way from another table to it."""
    exact: dict[str, Any] = {
        "analysis_state": wanted.state,
        "triage_class": "" if wanted.triage == "none" else wanted.triage,
        "case_type": "" if wanted.case_type == "unknown" else wanted.case_type,
    }
    asked = {"analysis_state": wanted.state, "triage_class": wanted.triage, "case_type": wanted.case_type}
    found = Q(**{f"{prefix}{name}": value for name, value in exact.items() if asked[name]})
    if wanted.claim:
        found &= Q(**{f"{prefix}claim__isnull": wanted.claim == "without"})
    if wanted.claim_id:
        found &= Q(**{f"{prefix}claim": wanted.claim_id})
    return found & Q(**{f"{prefix}disagrees": True}) if wanted.disagreement else found


def facets_asked(wanted: WorklistFilter, reader: User) -> list[tuple[str, UUID]]:
    """The filters that are facets, what fewest studies have first."""
    facets: list[tuple[str, UUID]] = [(FacetKind.DRAFT, reader.id)] if wanted.lane == "mine" else []
    facets += [(FacetKind.READER, reader.id)] if wanted.mine else []
    return facets + ([(FacetKind.VERSION, wanted.model_version)] if wanted.model_version else [])


def has_facet(kind: str, value: UUID, *, entry: str = "pk") -> Q:
    return Q(Exists(WorklistFacet.objects.filter(entry=OuterRef(entry), kind=kind, value=value)))


def midnight() -> datetime:
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


def _midnight_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
