"""Tokens of service accounts: shown once, stored as a digest, narrowed to scopes, gone within 90 days."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.errors import InvalidInput, NotSignedIn
from accounts.models import ServiceToken, User
from accounts.roles import PERMISSIONS

PREFIX = "sr_"
LONGEST_DAYS = 90
_USE_WRITTEN_EVERY = timedelta(minutes=1)


@transaction.atomic
def token_create(
    *, user: User, name: str, scopes: list[str], days: int = LONGEST_DAYS, actor: User | None = None
) -> tuple[ServiceToken, str]:
    """A row, and the token itself, which is nowhere else. Audited.

    Raises:
        InvalidInput: not an active service account, unknown scopes, or a life outside 1 to 90 days.
    """
    if user.kind != User.Kind.SERVICE or not user.is_active:
        raise InvalidInput("Only an active service account has tokens.", code="not_a_service_account")
    if not scopes or not set(scopes) <= set(PERMISSIONS):
        raise InvalidInput("Scopes are permission names, at least one.", code="unknown_scope")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(f"A token lives 1 to {LONGEST_DAYS} days.", code="token_life")
    token = PREFIX + secrets.token_urlsafe(32)
    row = ServiceToken.objects.create(
        user=user,
        name=name[:80],
        digest=_digest(token),
        prefix=token[:8],
        scopes=sorted(set(scopes)),
        expires_at=timezone.now() + timedelta(days=days),
        created_by=actor,
    )
    _audit(Action.TOKEN_CREATED, row, actor, {"scopes": row.scopes, "service_account": user.username, "days": days})
    return row, token


@transaction.atomic
def token_revoke(*, token: ServiceToken, actor: User | None = None) -> ServiceToken:
    """Ends a token now; twice is once. Audited."""
    token = ServiceToken.objects.select_for_update().select_related("user").get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        _audit(Action.TOKEN_REVOKED, token, actor, {"service_account": token.user.username})
    return token


def token_user(token: str) -> tuple[User, ServiceToken]:
    """The service account of a token, carrying the token's scopes as `token_scopes` (access.py narrows by them).

    Raises:
        NotSignedIn: unknown, expired, revoked, or its account is no longer active. All four look alike.
    """
    now = timezone.now()
    rows = ServiceToken.objects.select_related("user__organisation")
    row = rows.filter(digest=_digest(token), revoked_at=None, expires_at__gt=now).first()
    if not token.startswith(PREFIX) or row is None or not row.user.is_active or row.user.kind != User.Kind.SERVICE:
        raise NotSignedIn
    if row.last_used_at is None or now - row.last_used_at > _USE_WRITTEN_EVERY:
        ServiceToken.objects.filter(pk=row.pk).update(last_used_at=now)
    user = row.user
    user.token_scopes = frozenset(row.scopes)
    return user, row


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _audit(action: Action, token: ServiceToken, actor: User | None, detail: dict[str, object]) -> None:
    record_effect(
        action,
        organisation_id=token.user.organisation_id,
        actor=actor,
        object_type="service_token",
        object_id=token.id,
        detail=detail,
    )
