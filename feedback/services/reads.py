"""The reader's hand: confirm, correct, reject, add, sign. An act is one transaction: lock, check, write, audit, push.

Findings never change; a review is a new record; an undo is a record too. A reader only ever writes to their own read.
"""

from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.models import User
from feedback.errors import FindingOutdated, NothingToConfirm, ReadSigned
from feedback.models import FindingReview, Read, ReadState, Verdict
from feedback.selectors import standing_reviews
from feedback.services.checks import NewReview, Place, box_checked, correction_checked, label_checked, version_checked
from feedback.services.draft import draft_of
from feedback.services.record import read_recorded, review_recorded
from imaging.access import finding_access, instance_access, study_access
from imaging.models import AnalysisState, Finding, Study
from imaging.pipeline.values import BoundingBox
from imaging.selectors import current_findings

PERMISSION = "review_study"


@transaction.atomic
def read_confirm(
    *, reader: User, study_id: UUID, second_read: bool = False, expected_version: int | None = None
) -> Read:
    """Every positive finding stands as shown, but for those the reader has already reviewed; the read is signed.

    Raises:
        NothingToConfirm: the study was not analysed. VersionChanged, ReadSigned, AlreadyRead: see feedback/errors.py.
    """
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    version_checked(study, expected_version)
    if study.analysis_state != AnalysisState.ANALYSED:
        raise NothingToConfirm
    read = draft_of(study=study, reader=reader, second_read=second_read)
    reviewed = {review.standing_finding_id for review in standing_reviews(read)}
    batch = uuid4()
    for finding in current_findings(study).filter(positive=True).exclude(id__in=reviewed):
        _review_write(read, finding, NewReview.as_shown(finding), batch=batch)
    return _sign(read, study, batch=batch)


@transaction.atomic
def finding_confirm(*, reader: User, finding_id: UUID, second_read: bool = False) -> FindingReview:
    """The reader agrees with one finding, label and box. Audited; pushed to the study's page."""
    finding, read = _finding_and_draft(reader, finding_id, second_read)
    return _review_write(read, finding, NewReview.as_shown(finding), pushed=True)


@transaction.atomic
def finding_reject(*, reader: User, finding_id: UUID, comment: str = "", second_read: bool = False) -> FindingReview:
    """The reader does not see this finding. The finding stays on record; the rejection stands beside it."""
    finding, read = _finding_and_draft(reader, finding_id, second_read)
    review = NewReview.as_shown(finding, verdict=Verdict.REJECTED, comment=comment)
    return _review_write(read, finding, review, pushed=True)


@transaction.atomic
def finding_correct(
    *,
    reader: User,
    finding_id: UUID,
    label: str | None = None,
    box: BoundingBox | None = None,
    comment: str = "",
    second_read: bool = False,
) -> FindingReview:
    """Something is there, but it is called otherwise or lies elsewhere: the reader's label and box, as a new record.

    Raises:
        CorrectionEmpty: neither label nor box differs from the finding. LabelUnknown, BoxInvalid.
    """
    finding, read = _finding_and_draft(reader, finding_id, second_read)
    review = correction_checked(finding, study=read.study, label=label, box=box, comment=comment)
    return _review_write(read, finding, review, pushed=True)


@transaction.atomic
def finding_add(
    *,
    reader: User,
    study_id: UUID,
    instance_id: UUID,
    frame: int,
    label: str,
    box: BoundingBox | None = None,
    comment: str = "",
    second_read: bool = False,
) -> FindingReview:
    """Something the models missed. Without a box it holds for the whole frame.

    Raises:
        LabelUnknown, BoxInvalid, FrameUnknown; NotFound when the instance is not of this study.
    """
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    instance = instance_access(user=reader, instance_id=instance_id, permission=PERMISSION)
    place = Place.checked(study, instance, frame)
    label_checked(study, label)
    read = draft_of(study=study, reader=reader, second_read=second_read)
    review = NewReview(Verdict.ADDED, label, box_checked(box, instance), comment)
    return _write(read, place, review, finding=None, pushed=True)


@transaction.atomic
def read_sign(*, reader: User, study_id: UUID, second_read: bool = False, expected_version: int | None = None) -> Read:
    """The reader's own word is final: what they reviewed and added stands, what they left alone stays unreviewed."""
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    version_checked(study, expected_version)
    return _sign(draft_of(study=study, reader=reader, second_read=second_read), study, batch=None)


def _finding_and_draft(reader: User, finding_id: UUID, second_read: bool) -> tuple[Finding, Read]:
    finding = finding_access(user=reader, finding_id=finding_id, permission=PERMISSION)
    study = study_access(user=reader, study_id=finding.study_id, permission=PERMISSION, lock=True)
    if not current_findings(study).filter(id=finding.id).exists():
        raise FindingOutdated
    return finding, draft_of(study=study, reader=reader, second_read=second_read)


def _review_write(
    read: Read, finding: Finding, review: NewReview, *, batch: UUID | None = None, pushed: bool = False
) -> FindingReview:
    return _write(read, Place(finding.instance_id, finding.frame_index), review, finding, batch=batch, pushed=pushed)


def _write(
    read: Read,
    place: Place,
    review: NewReview,
    finding: Finding | None,
    *,
    batch: UUID | None = None,
    pushed: bool = False,
) -> FindingReview:
    row = FindingReview.objects.create(
        read=read,
        finding=finding,
        instance_id=place.instance_id,
        frame_index=place.frame,
        verdict=review.verdict,
        label=review.label,
        comment=review.comment,
        batch=batch,
        **review.corners(),
    )
    review_recorded(row, finding=finding, pushed=pushed)
    return row


def _sign(read: Read, study: Study, *, batch: UUID | None) -> Read:
    if read.state == ReadState.SIGNED:
        raise ReadSigned
    read.state, read.signed_at = ReadState.SIGNED, timezone.now()
    read.study_version, read.signing_batch = study.version, batch
    read.save(update_fields=["state", "signed_at", "study_version", "signing_batch"])
    read_recorded(Action.READ_SIGNED, read, kind="read.signed")
    return read
