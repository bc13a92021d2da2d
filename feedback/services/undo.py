"""Taking back: the records stay, other records say that they no longer stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.audit.actions import Action
from accounts.models import User
from feedback.errors import NothingToUndo
from feedback.models import FindingReview, Read, ReadState, ReviewWithdrawal
from feedback.selectors import latest_act, reviews_of_batch
from feedback.services.draft import read_moved, tag_checked
from feedback.services.record import read_recorded, withdrawal_recorded
from imaging.access import study_access

PERMISSION = "review_study"


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back. act: "signature", "confirmation" (the signature and what it confirmed), or "review"."""

    act: str
    reviews: int


@transaction.atomic
def read_undo(*, reader: User, study_id: UUID, expected_read: str | None = None) -> Undone:
    """Take back the reader's last act in this study: a signature opens again, else the last review is withdrawn.

    What was corrected, moved, removed or taken over from another reader stands again as it was before.

    Audited; pushed to the study's page and the worklist.
    Raises:
        NothingToUndo, ReadChanged.
    """
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    tag_checked(study=study, reader=reader, expected=expected_read)
    read = Read.objects.filter(study=study, reader=reader).first()
    if read is None:
        raise NothingToUndo
    if read.state == ReadState.SIGNED:
        return _signature_undo(read)
    act = latest_act(read)
    if not act:
        raise NothingToUndo
    _withdraw(act, reader, pushed=True)
    read_moved(read)
    return Undone("review", len(act))


def _signature_undo(read: Read) -> Undone:
    """Opens the read again, and takes back what the same key press had confirmed."""
    confirmed = reviews_of_batch(read, read.signing_batch)
    _withdraw(confirmed, read.reader, pushed=False)
    read.state, read.signed_at, read.signing_batch = ReadState.DRAFT, None, None
    read.save(update_fields=["state", "signed_at", "signing_batch"])
    read_moved(read)
    read_recorded(Action.READ_REOPENED, read, kind="read.reopened")
    return Undone("confirmation" if confirmed else "signature", len(confirmed))


def _withdraw(reviews: Sequence[FindingReview], reader: User, *, pushed: bool) -> None:
    for index, review in enumerate(reviews):
        ReviewWithdrawal.objects.create(review=review, withdrawn_by=reader)
        withdrawal_recorded(review, pushed=pushed and index == len(reviews) - 1)
