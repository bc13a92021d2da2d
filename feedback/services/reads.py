"""The reader's hand: confirm, correct, reject, add, sign. An act is one transaction: lock, check, write, audit, push.

Findings never change; a review is a new record; an undo is a record too. A reader only ever writes to their own read.
`second_read` and `expected_read` of every act are those of feedback.services.draft.Terms.
"""

from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.errors import NotFound
from accounts.models import User
from feedback.errors import FindingOutdated, NothingToConfirm, ReadSigned
from feedback.models import FindingReview, Read, ReadDraft, ReadState, Verdict
from feedback.selectors import standing_review_of, standing_reviews
from feedback.services.checks import (
    UNCHANGED,
    Details,
    NewReview,
    Place,
    Wanted,
    addition_checked,
    correction_checked,
    reason_checked,
    revision_checked,
    version_checked,
)
from feedback.services.disclosure import committed_checked
from feedback.services.draft import Terms, draft_of, read_moved, tag_checked
from feedback.services.record import read_recorded, review_recorded
from imaging.access import finding_access, instance_access, study_access
from imaging.models import AnalysisState, Finding, Study
from imaging.pipeline.values import BoundingBox
from imaging.selectors import current_findings

PERMISSION = "review_study"


@transaction.atomic
def read_confirm(
    *,
    reader: User,
    study_id: UUID,
    second_read: bool = False,
    expected_version: int | None = None,
    expected_read: str | None = None,
) -> Read:
    """Every positive finding stands as shown, but for those the reader has already reviewed; the read is signed.

    Raises:
        NothingToConfirm: the study was not analysed. CommitFirst, VersionChanged, ReadChanged, ReadSigned, AlreadyRead:
            see feedback/errors.py.
    """
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    version_checked(study, expected_version)
    if study.analysis_state != AnalysisState.ANALYSED:
        raise NothingToConfirm
    committed_checked(reader, study)
    read = draft_of(study=study, reader=reader, terms=Terms(second_read, expected_read))
    reviewed = {review.standing_finding_id for review in standing_reviews(read)}
    batch = uuid4()
    for finding in current_findings(study).filter(positive=True).exclude(id__in=reviewed):
        review_write(read, place_of(finding), NewReview.as_shown(finding), finding=finding, batch=batch)
    return _sign(read, study, batch=batch)


@transaction.atomic
def finding_confirm(
    *,
    reader: User,
    finding_id: UUID,
    comment: str = "",
    second_read: bool = False,
    expected_read: str | None = None,
) -> FindingReview:
    """The reader agrees with one finding, label and box. Audited; pushed to the study's page."""
    finding, read = _finding_and_draft(reader, finding_id, Terms(second_read, expected_read))
    review = NewReview.as_shown(finding, comment=comment)
    return review_write(read, place_of(finding), review, finding=finding, pushed=True)


@transaction.atomic
def finding_reject(
    *,
    reader: User,
    finding_id: UUID,
    reason_code: str = "",
    comment: str = "",
    second_read: bool = False,
    expected_read: str | None = None,
) -> FindingReview:
    """The reader does not see this finding. The finding stays on record; the rejection stands beside it.

    Raises:
        ReasonUnknown: not a reason for a rejection.
    """
    finding, read = _finding_and_draft(reader, finding_id, Terms(second_read, expected_read))
    reason = reason_checked(reason_code, Verdict.REJECTED)
    review = NewReview.as_shown(finding, verdict=Verdict.REJECTED, reason_code=reason, comment=comment)
    return review_write(read, place_of(finding), review, finding=finding, pushed=True)


@transaction.atomic
def finding_correct(
    *,
    reader: User,
    finding_id: UUID,
    label: str | None = None,
    box: BoundingBox | None = None,
    details: Details = UNCHANGED,
    comment: str | None = None,
    second_read: bool = False,
    expected_read: str | None = None,
) -> FindingReview:
    """Something is there, but it is called otherwise, lies elsewhere or is said more exactly: a new record.

    What is None stays as the reader had corrected it before, else as the model said it.

    Raises:
        CorrectionEmpty: nothing differs from the finding. LabelUnknown, BoxInvalid, LateralityUnknown, ToothUnknown,
        SideContradictsTooth, GradeUnknown, ReasonUnknown.
    """
    finding, read = _finding_and_draft(reader, finding_id, Terms(second_read, expected_read))
    standing = standing_review_of(read, finding.id)
    wanted = Wanted(label, box, details, comment)
    review = correction_checked(finding, study=read.study, wanted=wanted, standing=standing)
    return review_write(read, place_of(finding), review, finding=finding, pushed=True)


@transaction.atomic
def finding_add(
    *,
    reader: User,
    study_id: UUID,
    instance_id: UUID,
    frame: int,
    label: str,
    box: BoundingBox | None = None,
    details: Details = UNCHANGED,
    comment: str = "",
    second_read: bool = False,
    expected_read: str | None = None,
) -> FindingReview:
    """Something the models missed. Without a box it holds for the whole frame.

    Raises:
        FrameUnknown, and what finding_correct raises; NotFound when the instance is not of this study.
    """
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    instance = instance_access(user=reader, instance_id=instance_id, permission=PERMISSION)
    place = Place.checked(study, instance, frame)
    review = addition_checked(Wanted(label, box, details, comment), study=study, instance=instance)
    read = draft_of(study=study, reader=reader, terms=Terms(second_read, expected_read))
    return review_write(read, place, review, pushed=True)


@transaction.atomic
def review_revise(*, reader: User, review_id: UUID, wanted: Wanted, expected_read: str | None = None) -> FindingReview:
    """Say otherwise what the reader's own draft says: an addition, or a word on a finding. A new record.

    Raises:
        NotFound: not a standing review of this reader. CorrectionEmpty, ReadSigned, ReadChanged, and what
        finding_correct raises.
    """
    review, read = standing_own(reader, review_id, expected_read)
    if review.finding is None:
        changed = revision_checked(review, study=read.study, wanted=wanted)
        return review_write(read, Place(review.instance_id, review.frame_index), changed, pushed=True)
    finding = current_finding(read.study, review.standing_finding_id)
    changed = correction_checked(finding, study=read.study, wanted=wanted, standing=review)
    return review_write(read, place_of(finding), changed, finding=finding, pushed=True)


@transaction.atomic
def review_remove(*, reader: User, review_id: UUID, expected_read: str | None = None) -> FindingReview:
    """Take back what the reader's own draft says of a finding, or a box that they drew: a new record, so undo works.

    Raises:
        NotFound: not a standing review of this reader. ReadSigned, ReadChanged.
    """
    review, read = standing_own(reader, review_id, expected_read)
    place = Place(review.instance_id, review.frame_index)
    return review_write(read, place, NewReview.removal(review), finding=review.finding, pushed=True)


@transaction.atomic
def read_sign(
    *,
    reader: User,
    study_id: UUID,
    second_read: bool = False,
    expected_version: int | None = None,
    expected_read: str | None = None,
) -> Read:
    """The reader's own word is final: what they reviewed and added stands, what they left alone stays unreviewed."""
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    version_checked(study, expected_version)
    committed_checked(reader, study)
    return _sign(draft_of(study=study, reader=reader, terms=Terms(second_read, expected_read)), study, batch=None)


def standing_own(reader: User, review_id: UUID, expected_read: str | None) -> tuple[FindingReview, Read]:
    """A review that stands in the reader's own open draft, and the draft; the study's row is locked.

    Raises:
        NotFound, ReadSigned, ReadChanged.
    """
    review = FindingReview.objects.filter(id=review_id).select_related("read").first()
    if review is None:
        raise NotFound
    study = study_access(user=reader, study_id=review.read.study_id, permission=PERMISSION, lock=True)
    standing = [one for one in standing_reviews(review.read) if one.id == review_id]
    if review.read.reader_id != reader.id or not standing:
        raise NotFound
    tag_checked(study=study, reader=reader, expected=expected_read)
    if standing[0].read.state == ReadState.SIGNED:
        raise ReadSigned
    return standing[0], standing[0].read


def current_finding(study: Study, finding_id: UUID | None) -> Finding:
    """Raises FindingOutdated when it is not among the findings that stand."""
    finding = current_findings(study).select_related("instance").filter(id=finding_id).first()
    if finding is None:
        raise FindingOutdated
    return finding


def place_of(finding: Finding) -> Place:
    return Place(finding.instance_id, finding.frame_index)


def review_write(
    read: Read,
    place: Place,
    review: NewReview,
    *,
    finding: Finding | None = None,
    batch: UUID | None = None,
    pushed: bool = False,
) -> FindingReview:
    """One review as a row, audited; pushed when it is the whole act. The caller holds the transaction."""
    row = FindingReview.objects.create(
        read=read,
        finding=finding,
        instance_id=place.instance_id,
        frame_index=place.frame,
        batch=batch,
        **review.columns(),
    )
    read_moved(read)
    review_recorded(row, finding=finding, pushed=pushed)
    return row


def _finding_and_draft(reader: User, finding_id: UUID, terms: Terms) -> tuple[Finding, Read]:
    finding = finding_access(user=reader, finding_id=finding_id, permission=PERMISSION)
    study = study_access(user=reader, study_id=finding.study_id, permission=PERMISSION, lock=True)
    committed_checked(reader, study)
    current = current_finding(study, finding.id)
    return current, draft_of(study=study, reader=reader, terms=terms)


def _sign(read: Read, study: Study, *, batch: UUID | None) -> Read:
    if read.state == ReadState.SIGNED:
        raise ReadSigned
    read.state, read.signed_at = ReadState.SIGNED, timezone.now()
    read.study_version, read.signing_batch = study.version, batch
    read.save(update_fields=["state", "signed_at", "study_version", "signing_batch"])
    read_moved(read)
    ReadDraft.objects.filter(study=study, reader=read.reader).delete()
    read_recorded(Action.READ_SIGNED, read, kind="read.signed")
    return read
