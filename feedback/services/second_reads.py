"""A study that another reader has to read: asked for by a reader, or drawn by the site's share when it is signed."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.live import outbox_append
from accounts.models import User
from feedback.errors import SecondReadAsked
from feedback.models import Read, ReadState, SecondReadReason, SecondReadRequest
from feedback.policy import policy_of_site, sampled_for_second_read
from feedback.services.worklist_entries import worklist_entry_refresh
from imaging.access import study_access
from imaging.models import Study


@transaction.atomic
def second_read_request(*, reader: User, study_id: UUID, comment: str = "") -> tuple[SecondReadRequest, bool]:
    """Ask for somebody else's read; asking twice is asking once. Audited; pushed.

    Returns the open request and whether it is new.
    Raises:
        SecondReadAsked: it was asked for by somebody else, or drawn.
    """
    study = study_access(user=reader, study_id=study_id, permission="review_study", lock=True)
    known = SecondReadRequest.objects.filter(study=study, fulfilled_at__isnull=True).first()
    if known is not None and known.requested_by_id != reader.id:
        raise SecondReadAsked
    if known is not None:
        return known, False
    return _create(study, reader, SecondReadReason.REQUESTED, comment=comment), True


def second_reads_signed(read: Read) -> None:
    """A read was signed, in this transaction: it fulfils a request that waits for it, or is drawn for a second read."""
    waiting = SecondReadRequest.objects.filter(study=read.study, fulfilled_at__isnull=True)
    waiting.exclude(requested_by=read.reader).update(fulfilled_by=read.reader, fulfilled_at=timezone.now())
    others = Read.objects.filter(study=read.study, state=ReadState.SIGNED).exclude(pk=read.pk)
    drawn_before = SecondReadRequest.objects.filter(study=read.study, reason=SecondReadReason.SAMPLED)
    share = policy_of_site(read.study.site_id).second_read_share
    if not share or others.exists() or waiting.exists() or drawn_before.exists():
        return
    if sampled_for_second_read(read.study, share):
        _create(read.study, read.reader, SecondReadReason.SAMPLED)


def second_reads_reopened(read: Read) -> None:
    """A signature was taken back: what it fulfilled waits again, unless something newer does already."""
    requests = SecondReadRequest.objects.filter(study=read.study)
    if not requests.filter(fulfilled_at__isnull=True).exists():
        latest = requests.filter(fulfilled_by=read.reader).order_by("fulfilled_at").last()
        if latest is not None:
            latest.fulfilled_by, latest.fulfilled_at = None, None
            latest.save(update_fields=["fulfilled_by", "fulfilled_at"])


def _create(study: Study, reader: User, reason: SecondReadReason, *, comment: str = "") -> SecondReadRequest:
    request = SecondReadRequest.objects.create(study=study, reason=reason, requested_by=reader, comment=comment)
    record_effect(
        Action.SECOND_READ_ASKED,
        organisation_id=study.organisation_id,
        actor=reader,
        site_id=study.site_id,
        study_id=study.id,
        patient_ref=study.patient_id,
        object_type="second_read",
        object_id=request.id,
        detail={"reason": str(reason)},
    )
    worklist_entry_refresh(study)
    outbox_append(
        organisation_id=study.organisation_id,
        site_id=study.site_id,
        study_id=study.id,
        kind="second_read.asked",
        status=str(reason),
        object_id=request.id,
    )
    return request
