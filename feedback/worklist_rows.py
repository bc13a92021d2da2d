"""One line of the worklist: what it is, what the model says, where the read stands, and why it is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from feedback.models import Read, ReadState
from imaging.models import AnalysisState, Study, TriageClass

REASONS_OF_STATE = {
    AnalysisState.NEEDS_HUMAN: "a model failed: needs a human",
    AnalysisState.NOT_ANALYSED: "not analysed: in order of arrival",
    AnalysisState.CANCELLED: "analysis cancelled: in order of arrival",
}
IN_ORDER = "in order of arrival"


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
    """Pseudonymous: no name, no patient id."""

    id: UUID
    pseudonym: str
    site_id: UUID
    site_code: str
    site_name: str
    case_type: str
    received_at: datetime
    waiting_seconds: int
    rank: int
    analysis_state: str
    analysis_reason: str
    triage_class: str
    triage_reason: str
    said: Sequence[Said]
    reads: Sequence[ReaderMark]
    why_here: str
    version: int
    synthetic: bool


def row_of(study: Study, *, reader: User) -> WorklistRow:
    """From a study fetched with its rank, site, patient, positive_findings and all_reads."""
    reads = [_read_state(read, reader) for read in study.all_reads]  # type: ignore[attr-defined]
    return WorklistRow(
        id=study.id,
        pseudonym=study.patient.pseudonym,
        site_id=study.site_id,
        site_code=study.site.code,
        site_name=study.site.name,
        case_type=study.case_type,
        received_at=study.created_at,
        waiting_seconds=_waiting(study, study.all_reads),  # type: ignore[attr-defined]
        rank=study.rank,  # type: ignore[attr-defined]
        analysis_state=study.analysis_state,
        analysis_reason=study.analysis_reason,
        triage_class=study.triage_class,
        triage_reason=study.triage_reason,
        said=_said(study.positive_findings),  # type: ignore[attr-defined]
        reads=reads,
        why_here=why_here(study),
        version=study.version,
        synthetic=study.synthetic,
    )


def why_here(study: Study) -> str:
    """The reason for the rank, in the words of the page."""
    if study.triage_class == TriageClass.URGENT:
        return "urgent finding"
    if study.triage_class == TriageClass.FLAGGED:
        return "flagged finding"
    if timezone.now() - study.created_at > timedelta(seconds=settings.WORKLIST_WAIT_LIMIT_SECONDS):
        return "waiting limit reached"
    return REASONS_OF_STATE.get(AnalysisState(study.analysis_state), IN_ORDER)


def _said(findings: Sequence[Any]) -> list[Said]:
    best: dict[str, Said] = {}
    for finding in findings:
        known = best.get(finding.label, Said(finding.label, 0.0, 0))
        boxes = known.boxes + int(finding.left is not None)
        label = finding.second_probability if finding.second_positive else 0.0
        best[finding.label] = Said(finding.label, max(known.probability, finding.probability, label), boxes)
    return sorted(best.values(), key=lambda said: -said.probability)


def _read_state(read: Read, reader: User) -> ReaderMark:
    name = read.reader.display_name or read.reader.username
    return ReaderMark(str(read.state), name, read.reader_id == reader.id, read.signed_at or read.created_at)


def _waiting(study: Study, reads: Sequence[Read]) -> int:
    """Seconds from receipt until the first signature, or until now."""
    signed = [read.signed_at for read in reads if read.state == ReadState.SIGNED and read.signed_at]
    return int((min(signed, default=timezone.now()) - study.created_at).total_seconds())
