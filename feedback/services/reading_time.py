"""How long a reader looked at a study: what their page counted, held against the wall clock here.

The page leaves idle gaps of over 60 s out by itself (static/js/study/reading_time.mjs). It is not believed beyond what
can be true: no more seconds than passed since its last pulse, and no more than one pulse and one idle gap can hold.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from feedback.models import ReadingArm, ReadingTime
from feedback.services import clocks
from imaging.access import study_access
from imaging.disclosure import machine_output_hidden
from imaging.models import AnalysisState, Study

IDLE_SECONDS = 60.0
PULSE_SECONDS = 15.0
MOST_SECONDS = IDLE_SECONDS + PULSE_SECONDS


@dataclass(frozen=True, slots=True)
class Counted:
    """counted_seconds: what the pulse was worth; reading_seconds: of this reader at this study so far."""

    counted_seconds: float
    reading_seconds: float


@transaction.atomic
def reading_time_add(*, reader: User, study_id: UUID, active_seconds: float, ai_seconds: float = 0.0) -> Counted:
    """Add a page's pulse. The first one of a study opens it, and has nothing to be held against: it counts no time.

    Args:
        active_seconds: since the last pulse, idle gaps left out; ai_seconds: of them, with the machine's word shown.
    Not audited: it says nothing of the patient, and the study's page was. Raises NotFound, NotPermitted.
    """
    study = study_access(user=reader, study_id=study_id, permission="review_study", lock=True)
    row = reading_time_of(study, reader)
    now = timezone.now()
    clocks.opened(study)
    seconds = _believed(row, active_seconds, now)
    share = min(1.0, ai_seconds / active_seconds) if active_seconds and _may_be_shown(reader, study) else 0.0
    _count(row, seconds, share=share)
    row.last_pulse_at = now
    row.save()
    if seconds:
        clocks.reading_seconds_add(study, seconds)
    return Counted(seconds, row.seconds_with_ai + row.seconds_without_ai)


def decision_note(*, reader: User, study: Study, blind: bool) -> None:
    """The reader decided: a blind read was committed, or the first signature set. Only the first decision is measured.

    A study that no model had analysed belongs to no arm: there was nothing to show.
    """
    row = reading_time_of(study, reader)
    if row.decided_at is not None:
        return
    row.decided_at = timezone.now()
    row.case_type, row.triage_class = study.case_type, study.triage_class
    row.arm = _arm(row, study, blind=blind)
    if row.last_pulse_at is not None:
        row.decision_seconds = row.seconds_with_ai + row.seconds_without_ai
    row.save()


def reading_time_of(study: Study, reader: User) -> ReadingTime:
    """The reader's row, made when there is none; the study's row is locked by the caller."""
    found, _ = ReadingTime.objects.get_or_create(study=study, reader=reader, defaults={"site_id": study.site_id})
    return found


def _arm(row: ReadingTime, study: Study, *, blind: bool) -> str:
    if study.analysis_state != AnalysisState.ANALYSED:
        return ""
    never_shown = row.seconds_without_ai > 0 and row.seconds_with_ai == 0
    return ReadingArm.WITHOUT_AI if blind or never_shown else ReadingArm.WITH_AI


def _believed(row: ReadingTime, active_seconds: float, now: datetime) -> float:
    if row.last_pulse_at is None:
        return 0.0
    passed = (now - row.last_pulse_at).total_seconds()
    return max(0.0, min(active_seconds, passed, MOST_SECONDS))


def _count(row: ReadingTime, seconds: float, *, share: float) -> None:
    """A last pulse may come after the decision that it led to: the seconds before it are the decision's, in its arm."""
    before = _before_decision(row, seconds)
    if row.decision_seconds is not None:
        row.decision_seconds += before
    shown = seconds * share
    if row.arm == ReadingArm.WITHOUT_AI:
        shown = min(shown, seconds - before)
    row.seconds_with_ai += shown
    row.seconds_without_ai += seconds - shown


def _before_decision(row: ReadingTime, seconds: float) -> float:
    if row.decided_at is None or row.last_pulse_at is None or row.last_pulse_at >= row.decided_at:
        return 0.0
    return min(seconds, (row.decided_at - row.last_pulse_at).total_seconds())


def _may_be_shown(reader: User, study: Study) -> bool:
    return study.analysis_state == AnalysisState.ANALYSED and not machine_output_hidden(reader, study)
