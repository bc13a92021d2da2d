"""Sign-in, sign-out and failure, as Django reports them: audited, and the session's clock begins."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.audit.actions import Action, Outcome
from accounts.audit.record import record_effect
from accounts.models import User
from accounts.sessions import session_start


@receiver(user_logged_in, dispatch_uid="accounts.signed_in")
def _signed_in(user: User, request: HttpRequest, **kwargs: Any) -> None:
    session_start(request.session)
    _audit(Action.USER_SIGNED_IN, user)


@receiver(user_logged_out, dispatch_uid="accounts.signed_out")
def _signed_out(user: User | None, **kwargs: Any) -> None:
    if user is not None and user.is_authenticated:
        _audit(Action.USER_SIGNED_OUT, user)


@receiver(user_login_failed, dispatch_uid="accounts.sign_in_failed")
def _failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    """Names the user only where there is one: people type passwords into the name field."""
    user = User.objects.filter(username=str(credentials.get("username", ""))[:80]).first()
    _audit(Action.USER_SIGN_IN_FAILED, user, Outcome.FAILURE)


def _audit(action: Action, user: User | None, outcome: Outcome = Outcome.SUCCESS) -> None:
    with transaction.atomic():
        record_effect(
            action,
            organisation_id=user.organisation_id if user else None,
            actor=user,
            actor_label="" if user else "unknown user",
            object_type="user",
            object_id=user.id if user else None,
            outcome=outcome,
        )
