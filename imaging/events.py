"""What pages are told of studies: ids and a status. The kinds of outbox events that this app appends."""

from accounts.live import outbox_append
from imaging.models import Study

STUDY_RECEIVED = "study.received"
STUDY_DELETED = "study.deleted"
INFERENCE_QUEUED = "inference.queued"
INFERENCE_STARTED = "inference.started"
INFERENCE_COMPLETED = "inference.completed"
INFERENCE_FAILED = "inference.failed"
INFERENCE_CANCELLED = "inference.cancelled"


def study_event_append(study: Study, kind: str, *, status: str = "") -> None:
    """Tell the pages of the study's site; comes last in a transaction, as it locks a counter."""
    outbox_append(
        organisation_id=study.organisation_id,
        site_id=study.site_id,
        study_id=study.id,
        kind=kind,
        status=status or study.analysis_state,
    )
