"""What is written when a session ends by itself."""

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import User


@transaction.atomic
def session_expire(user: User) -> None:
    """Audit that a session ended for idleness or age."""
    record_effect(
        Action.SESSION_EXPIRED,
        organisation_id=user.organisation_id,
        actor=user,
        object_type="user",
        object_id=user.id,
    )
