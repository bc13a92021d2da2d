"""The blind read: what a reader says before the machine may speak. Frozen once, kept beside the final read."""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.live import outbox_append
from accounts.models import User
from feedback.errors import AlreadyCommitted, NothingToCommit
from feedback.models import BlindRead, FindingReview, Verdict
from feedback.policy import policy_of_site
from feedback.selectors import standing_reviews
from feedback.services.draft import Terms, draft_of
from feedback.services.following import blind_read_followed
from imaging.access import study_access
from imaging.disclosure import machine_output_hidden
from imaging.models import Study


@transaction.atomic
def read_commit(*, reader: User, study_id: UUID, impression: str, second_read: bool = False) -> BlindRead:
    """Freeze what the reader found by themselves, and their overall impression. Audited; pushed.

    From here on the machine's output is shown to this reader, who goes on in the same draft to their final read.
    Raises:
        NothingToCommit: the site does not read blind first, or the reader sees the machine's output already.
        AlreadyCommitted. AlreadyRead, ReadSigned: as for any review.
    """
    study = study_access(user=reader, study_id=study_id, permission="review_study", lock=True)
    _commit_checked(reader, study)
    read = draft_of(study=study, reader=reader, terms=Terms(second_read=second_read))
    own = [review for review in standing_reviews(read) if review.verdict == Verdict.ADDED]
    blind = BlindRead.objects.create(
        study=study,
        reader=reader,
        impression=impression,
        findings=[_frozen(review) for review in own],
        study_version=study.version,
    )
    blind_read_followed(blind)
    _recorded(blind)
    return blind


def _commit_checked(reader: User, study: Study) -> None:
    if BlindRead.objects.filter(study=study, reader=reader).exists():
        raise AlreadyCommitted
    if not policy_of_site(study.site_id).blind_first or not machine_output_hidden(reader, study):
        raise NothingToCommit


def _frozen(review: FindingReview) -> dict[str, Any]:
    corners = {name: getattr(review, name) for name in ("left", "top", "right", "bottom")}
    return {
        "review": str(review.id),
        "item": str(review.item_id),
        "instance_id": str(review.instance_id),
        "frame": review.frame_index,
        "label": review.label,
        "box": None if review.left is None else corners,
        "laterality": review.laterality,
        "tooth": review.tooth,
        "grade": review.grade,
    }


def _recorded(blind: BlindRead) -> None:
    study = blind.study
    record_effect(
        Action.BLIND_READ_COMMITTED,
        organisation_id=study.organisation_id,
        actor=blind.reader,
        site_id=study.site_id,
        study_id=study.id,
        patient_ref=study.patient_id,
        object_type="blind_read",
        object_id=blind.id,
        detail={"impression": blind.impression, "findings": len(blind.findings), "version": blind.study_version},
    )
    outbox_append(
        organisation_id=study.organisation_id,
        site_id=study.site_id,
        study_id=study.id,
        kind="read.committed",
        status="",
        object_id=blind.id,
    )
