"""A report of a read for somebody: fetched, allowed, audited, in this order; only then does a word of it leave."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.audit.reference import audit_reference
from accounts.errors import NotFound
from accounts.models import User
from feedback.errors import NotYetRead
from feedback.models import Read, ReadState
from feedback.reports.gather import read_report
from feedback.reports.images import key_images
from feedback.reports.sheet import report_pdf
from feedback.reports.values import ReadReport
from feedback.selectors import reads_with_a_word
from feedback.services.clocks import exported
from feedback.services.disclosure import others_hidden
from imaging.access import study_access
from imaging.disclosure import machine_output_checked
from imaging.models import Study


@dataclass(frozen=True, slots=True)
class IssuedReport:
    """A report with the reference of the audit event that says it left, and when."""

    report: ReadReport
    audit_reference: str
    issued_at: datetime
    study: Study


def report_view(*, user: User, study_id: UUID, read_id: UUID | None = None) -> IssuedReport:
    """The report for the screen. Audited as a report that was opened.

    Args:
        read_id: whose read; None: the user's own, else the first signed one.
    Raises:
        NotFound, NotPermitted. Withheld: the site reads blind first. NotYetRead: there is no read to report.
    """
    return _issue(Action.REPORT_VIEWED, user, study_id, read_id)


def report_export(*, user: User, study_id: UUID, read_id: UUID | None = None) -> tuple[IssuedReport, bytes]:
    """The report as a PDF file. Audited as an export before it is made; sets the study's clock when it is signed.

    Args and raises as report_view; and RefusedFile, IntegrityBroken, KeyUnavailable of the films.
    """
    issued = _issue(Action.REPORT_EXPORTED, user, study_id, read_id)
    images = key_images(issued.report.images)
    pdf = report_pdf(issued.report, images, audit_reference=issued.audit_reference, issued_at=issued.issued_at)
    if issued.report.signed:
        with transaction.atomic():
            exported(issued.study)
    return issued, pdf


def _issue(action: Action, user: User, study_id: UUID, read_id: UUID | None) -> IssuedReport:
    study = study_access(user=user, study_id=study_id)
    machine_output_checked(user, study)
    read, others = _chosen(user, study, read_id)
    report = read_report(read, others=others)
    event = record_access(
        action,
        organisation_id=study.organisation_id,
        actor=user,
        site_id=study.site_id,
        object_type="read",
        object_id=read.id,
        study_id=study.id,
        patient_ref=study.patient_id,
        detail={"state": str(read.state), "study_version": study.version, "key_images": len(report.images)},
    )
    return IssuedReport(report, audit_reference(event), event.time, study)


def _chosen(user: User, study: Study, read_id: UUID | None) -> tuple[Read, list[Read]]:
    """The read to report, and what may be said of others: a draft is nobody's but its reader's."""
    seen = [read for read in reads_with_a_word(study) if read.reader_id == user.id or read.state == ReadState.SIGNED]
    if others_hidden(user, study):
        seen = [read for read in seen if read.reader_id == user.id]
    if read_id is not None:
        chosen = next((read for read in seen if read.id == read_id), None)
        if chosen is None:
            raise NotFound
    elif not seen:
        raise NotYetRead
    else:
        chosen = next((read for read in seen if read.reader_id == user.id), seen[0])
    return chosen, [read for read in seen if read.id != chosen.id and read.state == ReadState.SIGNED]
