"""What an entry of the worklist says, from the rows it follows from: pure, so that a migration can use it too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from feedback.discordance_rules import Said, SignedRead, discordances_of
from feedback.priority import Grade, grade_of


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """One reader's read, with the reviews that stand."""

    reader_id: UUID
    by: str
    signed_at: datetime | None
    begun_at: datetime
    words: tuple[Said, ...] = ()

    @property
    def speaks(self) -> bool:
        """Signed, or with a review that stands; an emptied draft is nobody's read."""
        return self.signed_at is not None or bool(self.words)

    def mark(self) -> dict[str, str]:
        state = "draft" if self.signed_at is None else "signed"
        at = (self.signed_at or self.begun_at).isoformat()
        return {"reader": str(self.reader_id), "state": state, "by": self.by, "at": at}


@dataclass(frozen=True, slots=True)
class SecondFacts:
    """A second read that is open."""

    reason: str
    asked_by: UUID


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """Everything that an entry follows from but its study's row. findings: positive ones that stand, any row like
    imaging.models.Finding; versions: of the model versions that looked or will look at it."""

    reads: Sequence[ReadFacts] = ()
    findings: Sequence[Any] = ()
    versions: Sequence[UUID] = ()
    second: SecondFacts | None = None
    accession_index: str | None = None


@dataclass(slots=True)
class EntryFacts:
    """Columns of WorklistEntry by name, and its facets as (kind, value)."""

    columns: dict[str, Any]
    facets: set[tuple[str, UUID]] = field(default_factory=set)


def entry_facts(study: Any, facts: StudyFacts) -> EntryFacts:
    """Args:
    study: a row of imaging.models.Study, as it is now.
    """
    reads = [read for read in facts.reads if read.speaks]
    signed = sorted(read.signed_at for read in reads if read.signed_at is not None)
    said = said_of(facts.findings)
    words = _disagreement(reads) if signed and facts.second is None else []
    columns = _of_study(study) | {
        "grade": _grade(study, signed=bool(signed)),
        "said": said,
        "reads": [read.mark() for read in reads],
        "first_signed_at": signed[0] if signed else None,
        "last_signed_at": signed[-1] if signed else None,
        "first_wait_seconds": _wait_seconds(study, signed[0]) if signed else None,
        "disagrees": bool(words),
        "disagreement": words,
        "second_grade": None if facts.second is None else _second_grade(study),
        "second_reason": facts.second.reason if facts.second else "",
        "second_asked_by": facts.second.asked_by if facts.second else None,
        "accession_index": facts.accession_index,
    }
    return EntryFacts(columns, _facets(reads, facts.versions))


def said_of(findings: Iterable[Any]) -> list[dict[str, Any]]:
    """Each positive label once: the highest probability of its boxes and of itself, and how many boxes it has."""
    best: dict[str, dict[str, Any]] = {}
    for finding in findings:
        known = best.setdefault(finding.label, {"label": finding.label, "probability": 0.0, "boxes": 0})
        label = finding.second_probability if finding.second_positive else 0.0
        known["probability"] = max(known["probability"], finding.probability, label or 0.0)
        known["boxes"] += int(finding.left is not None)
    return sorted(best.values(), key=lambda said: -said["probability"])


def _of_study(study: Any) -> dict[str, Any]:
    return {
        "site_id": study.site_id,
        "patient_ref": study.patient_id,
        "received_at": study.created_at,
        "case_type": study.case_type,
        "analysis_state": str(study.analysis_state),
        "analysis_reason": study.analysis_reason,
        "triage_class": str(study.triage_class),
        "triage_reason": study.triage_reason,
        "version": study.version,
        "synthetic": study.synthetic,
        "claim_id": study.insurance_claim_id,
    }


def _grade(study: Any, *, signed: bool) -> Grade:
    return grade_of(
        analysis_state=str(study.analysis_state),
        analysis_reason=study.analysis_reason,
        triage_class=str(study.triage_class),
        signed=signed,
    )


def _second_grade(study: Any) -> Grade:
    """Urgent, flagged and the rest, as if nobody had read it; what is administrative waits with the unjudged."""
    grade = _grade(study, signed=False)
    return Grade.UNJUDGED if grade == Grade.ADMINISTRATIVE else grade


def _wait_seconds(study: Any, signed_at: datetime) -> int:
    return max(0, int((signed_at - study.created_at).total_seconds()))


def _disagreement(reads: Sequence[ReadFacts]) -> list[str]:
    """Who disagrees on what; while a second read is open nobody is told, as its reader does not know of the first."""
    signed = [SignedRead(read.by, read.words) for read in reads if read.signed_at is not None]
    return list(dict.fromkeys(found.words for found in discordances_of(signed)))


def _facets(reads: Sequence[ReadFacts], versions: Sequence[UUID]) -> set[tuple[str, UUID]]:
    readers = {("reader", read.reader_id) for read in reads}
    drafts = {("draft", read.reader_id) for read in reads if read.signed_at is None}
    return {("version", version) for version in versions} | readers | drafts
