"""Sign-in, sign-out and failure, as Django reports them, become audit events."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver

from accounts.audit.actions import Action, Outcome
from accounts.audit.record import record_effect
from accounts.models import User


@receiver(user_logged_in, dispatch_uid="accounts.audit.signed_in")
def _signed_in(user: User, **kwargs: Any) -> None:
    with transaction.atomic():
        record_effect(
            Action.USER_SIGNED_IN,
            organisation_id=user.organisation_id,
            actor=user,
            object_type="user",
            object_id=user.id,
        )


@receiver(user_logged_out, dispatch_uid="accounts.audit.signed_out")
def _signed_out(user: User | None, **kwargs: Any) -> None:
    if user is None or not user.is_authenticated:
        return
    with transaction.atomic():
        record_effect(
            Action.USER_SIGNED_OUT,
            organisation_id=user.organisation_id,
            actor=user,
            object_type="user",
            object_id=user.id,
        )


@receiver(user_login_failed, dispatch_uid="accounts.audit.sign_in_failed")
def _failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    """Names the user only where there is one: people type passwords into the name field."""
    user = User.objects.filter(username=str(credentials.get("username", ""))[:80]).first()
    with transaction.atomic():
        record_effect(
            Action.USER_SIGN_IN_FAILED,
            organisation_id=user.organisation_id if user else None,
            actor=user,
            actor_label="" if user else "unknown user",
            object_type="user",
            object_id=user.id if user else None,
            outcome=Outcome.FAILURE,
        )
