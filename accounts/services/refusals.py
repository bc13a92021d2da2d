"""What is written when somebody is told no."""

import logging
from typing import Any

from django.db import DatabaseError, transaction

from accounts.audit.actions import Action, Outcome
from accounts.audit.record import record_effect
from accounts.errors import DomainError

logger = logging.getLogger(__name__)


def refusal_record(*, user: Any, error: DomainError, method: str, path: str) -> None:
    """Audit that a signed-in user was refused (403). The refusal stands whether or not it can be written down.

    Paths hold ids only; what is hidden (404) is not told from what is missing, and not recorded.
    """
    if error.status != 403 or not user.is_authenticated:
        return
    try:
        with transaction.atomic():
            record_effect(
                Action.ACCESS_REFUSED,
                organisation_id=user.organisation_id,
                actor=user,
                outcome=Outcome.REFUSED,
                detail={"code": error.code, "method": method, "path": path[:200]},
            )
    except (DatabaseError, DomainError):
        logger.exception("a refusal could not be audited")
