"""What pages are told of studies: ids and a status. The kinds of outbox events that this app appends."""

from accounts.live import outbox_append
from imaging.models import InsuranceClaim, Study

STUDY_RECEIVED = "study.received"
STUDY_DELETED = "study.deleted"
INFERENCE_QUEUED = "inference.queued"
INFERENCE_STARTED = "inference.started"
INFERENCE_COMPLETED = "inference.completed"
INFERENCE_FAILED = "inference.failed"
INFERENCE_CANCELLED = "inference.cancelled"
CLAIM_CHANGED = "claim.changed"


def study_event_append(study: Study, kind: str, *, status: str = "") -> None:
    """Tell the pages of the study's site; comes last in a transaction, as it locks a counter."""
    outbox_append(
        organisation_id=study.organisation_id,
        site_id=study.site_id,
        study_id=study.id,
        kind=kind,
        status=status or study.analysis_state,
    )


def claim_event_append(claim: InsuranceClaim, *, study: Study | None = None) -> None:
    """Tell the pages of the claim's site that the claim, its studies or what its films look like has changed."""
    outbox_append(
        organisation_id=claim.organisation_id,
        site_id=claim.site_id,
        study_id=study.id if study else None,
        kind=CLAIM_CHANGED,
        status=str(claim.state),
        object_id=claim.id,
    )
