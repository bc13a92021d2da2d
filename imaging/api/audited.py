"""Who saw what, written before it leaves."""

from typing import Any
from uuid import UUID

from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.models import User
from imaging.models import Study


def study_access_record(
    action: Action,
    *,
    user: User,
    study: Study,
    object_type: str = "study",
    object_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Commit the audit row; what it speaks of may leave afterwards, and not otherwise. Raises AuditUnavailable."""
    record_access(
        action,
        organisation_id=study.organisation_id,
        actor=user,
        site_id=study.site_id,
        object_type=object_type,
        object_id=object_id or study.id,
        patient_ref=study.patient_id,
        study_id=study.id,
        detail=detail,
    )
