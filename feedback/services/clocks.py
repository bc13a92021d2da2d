"""Keeps the six clocks of a study, the first time each thing happened; always in the caller's transaction."""

from datetime import datetime

from django.db.models import F, QuerySet
from django.utils import timezone

from feedback.models import Read, ReadState, StudyClocks
from imaging.listeners import Happening
from imaging.models import AnalysisState, Study


def clocks_follow(study: Study, happening: Happening) -> None:
    """imaging's listener: starts the clocks, and notes the first time that every model had looked."""
    if happening == Happening.ERASED:
        return
    clocks = _clocks(study)
    unsigned = clocks.filter(signed_at__isnull=True)
    unsigned.update(case_type=study.case_type, triage_class=study.triage_class)
    if study.analysis_state == AnalysisState.ANALYSED:
        _first(clocks, "analysed_at", timezone.now())


def opened(study: Study) -> None:
    """A reader has the study's page open."""
    _first(_clocks(study), "first_opened_at", timezone.now())


def decided(study: Study) -> None:
    """A reader said something of the study: the first review, blind read or signature."""
    _first(_clocks(study), "first_decision_at", timezone.now())


def signed(read: Read) -> None:
    """The first signature stops this clock, with the triage class that held then."""
    study = read.study
    decided(study)
    stopped = _clocks(study).filter(signed_at__isnull=True)
    stopped.update(
        signed_at=read.signed_at, signed_by=read.reader, case_type=study.case_type, triage_class=study.triage_class
    )


def reopened(read: Read) -> None:
    """A signature was taken back: the clock shows the first one that still stands, or runs again."""
    first = Read.objects.filter(study=read.study, state=ReadState.SIGNED).order_by("signed_at").first()
    _clocks(read.study).update(
        signed_at=first.signed_at if first else None, signed_by=first.reader_id if first else None
    )


def exported(study: Study) -> None:
    """A report or a decision sheet of the study leaves."""
    _first(_clocks(study), "exported_at", timezone.now())


def reading_seconds_add(study: Study, seconds: float) -> None:
    _clocks(study).update(reading_seconds=F("reading_seconds") + seconds)


def _clocks(study: Study) -> QuerySet[StudyClocks]:
    """The study's row, made when it has none, as a set that can be updated without reading it."""
    StudyClocks.objects.get_or_create(
        study=study,
        defaults={
            "site_id": study.site_id,
            "case_type": study.case_type,
            "triage_class": study.triage_class,
            "received_at": study.created_at,
        },
    )
    return StudyClocks.objects.filter(study=study)


def _first(clocks: QuerySet[StudyClocks], name: str, at: datetime) -> None:
    clocks.filter(**{f"{name}__isnull": True}).update(**{name: at})
