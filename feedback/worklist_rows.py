"""One line of the worklist: what it is, what the model says, where the read stands, who has it, and why it is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from feedback.models import WorklistEntry
from feedback.priority import is_overdue, why_here
from feedback.worklist_places import Place
from imaging.disclosure import reason_before_commit


@dataclass(frozen=True, slots=True)
class Said:
    """A positive label, the highest probability of its boxes and of itself, and how many boxes it has."""

    label: str
    probability: float
    boxes: int


@dataclass(frozen=True, slots=True)
class ReaderMark:
    """A reader's read as others see it."""

    state: str
    by: str
    mine: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """Pseudonymous: no name, no patient id, of a claim the masked number.

    rank: feedback.priority.Segment. blind: what the models say is withheld from this reader, and is not here.
    disagreement: who disagrees on what. second_read: why another reader has to read it, "" when none has to.
    """

    id: UUID
    pseudonym: str
    site_id: UUID
    site_code: str
    site_name: str
    case_type: str
    received_at: datetime
    waiting_seconds: int
    wait_limit_seconds: int
    overdue: bool
    rank: int
    why_here: str
    analysis_state: str
    analysis_reason: str
    triage_class: str
    triage_reason: str
    said: Sequence[Said]
    reads: Sequence[ReaderMark]
    disagreement: Sequence[str]
    second_read: str
    blind: bool
    claim: str
    leased_by: str
    leased_to_me: bool
    leased_until: datetime | None
    version: int
    synthetic: bool


def row_of(entry: Any, *, reader: User, place: Place, now: datetime, blind: bool) -> WorklistRow:
    """From a WorklistEntry with its segment, its lease holder and its claim; now: what waiting is counted to."""
    grade = entry.grade if entry.second_grade is None else entry.second_grade
    waited = (entry.first_signed_at or now) - entry.received_at
    words = why_here(
        entry.segment,
        analysis_state=entry.analysis_state,
        analysis_reason=entry.analysis_reason,
        waited=now - entry.received_at,
        limits=place.limits,
    )
    return WorklistRow(
        id=entry.study_id,
        pseudonym=entry.pseudonym,
        site_id=place.site_id,
        site_code=place.code,
        site_name=place.name,
        case_type=entry.case_type,
        received_at=entry.received_at,
        waiting_seconds=int(waited.total_seconds()),
        wait_limit_seconds=place.limits.wait_seconds,
        overdue=is_overdue(grade, entry.received_at, now=now, limits=place.limits),
        rank=int(entry.segment),
        why_here=_with_second_read(words, entry, reader),
        version=entry.version,
        synthetic=entry.synthetic,
        reads=[_mark(mark, reader) for mark in entry.reads],
        second_read=entry.second_reason,
        claim=entry.claim.masked_number if entry.claim_id else "",
        **_analysis(entry, blind),
        **_lease(entry, reader, now),
    )


def _analysis(entry: WorklistEntry, blind: bool) -> dict[str, Any]:
    """What the models say, or that it is withheld; that a study was analysed is not."""
    state = {"analysis_state": entry.analysis_state, "analysis_reason": entry.analysis_reason, "blind": blind}
    if blind:
        state["analysis_reason"] = reason_before_commit(entry.analysis_state, entry.analysis_reason)
        return state | {"triage_class": "", "triage_reason": "", "said": [], "disagreement": []}
    return state | {
        "triage_class": entry.triage_class,
        "triage_reason": entry.triage_reason,
        "said": [Said(**one) for one in entry.said],
        "disagreement": entry.disagreement,
    }


def _lease(entry: WorklistEntry, reader: User, now: datetime) -> dict[str, Any]:
    if entry.lease_holder_id is None or entry.leased_until is None or entry.leased_until <= now:
        return {"leased_by": "", "leased_to_me": False, "leased_until": None}
    mine = entry.lease_holder_id == reader.id
    name = entry.lease_holder.display_name or entry.lease_holder.username
    return {"leased_by": name, "leased_to_me": mine, "leased_until": entry.leased_until}


def _with_second_read(words: str, entry: WorklistEntry, reader: User) -> str:
    if entry.second_grade is None:
        return words
    if entry.second_asked_by == reader.id:
        return "waits for another reader"
    asked = "second opinion asked for" if entry.second_reason == "requested" else "drawn for a second read"
    return f"{asked}; {words}" if entry.first_signed_at is None else asked


def _mark(mark: dict[str, str], reader: User) -> ReaderMark:
    at = datetime.fromisoformat(mark["at"])
    return ReaderMark(mark["state"], mark["by"], mark["reader"] == str(reader.id), at)
