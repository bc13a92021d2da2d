"""Making, ending and securing accounts. A user is never deleted and a name is never used again."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.access import sites_with
from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.errors import Conflict, InvalidInput, NotPermitted
from accounts.models import Membership, Organisation, ServiceToken, User
from accounts.services.tokens import token_revoke
from accounts.sessions import sessions_end


@transaction.atomic
def user_create(
    *,
    organisation: Organisation,
    username: str,
    password: str | None = None,
    display_name: str = "",
    kind: str = "person",
    actor: User | None = None,
) -> User:
    """An active account without any role. A service account has no password, only tokens. Audited.

    Raises:
        Conflict: the name is taken, or was once.
        InvalidInput: a name, kind or password that is not acceptable; details say which rules.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict("That user name is taken, or was used before.", code="username_taken")
    user = User(organisation=organisation, username=username, display_name=display_name, kind=kind)
    if kind == User.Kind.SERVICE:
        user.set_unusable_password()
    else:
        _check_password(password or "", user)
        user.set_password(password)
    _check_fields(user)
    user.save(force_insert=True)
    _audit(Action.USER_CREATED, user, actor, {"username": username, "kind": str(kind)})
    return user


@transaction.atomic
def user_deactivate(*, user: User, actor: User | None = None) -> User:
    """End an account at once: sessions and tokens die with it; twice is once. Audited.

    Raises:
        NotPermitted: the actor does not manage users at every site where the user has a role, or is the user.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    _check_may_end(actor, user)
    if not user.is_active:
        return user
    user.is_active, user.deactivated_at = False, timezone.now()
    user.save(update_fields=["is_active", "deactivated_at"])
    for token in ServiceToken.objects.filter(user=user, revoked_at=None):
        token_revoke(token=token, actor=actor)
    ended = sessions_end(user.id)
    _audit(Action.USER_DEACTIVATED, user, actor, {"username": user.username, "sessions_ended": ended})
    return user


@transaction.atomic
def password_change(*, user: User, old_password: str, new_password: str) -> User:
    """A new password; every session of the user ends but the one that its view renews. Audited.

    Raises:
        InvalidInput: the old password is wrong, or the new one is too weak.
    """
    if not user.check_password(old_password):
        raise InvalidInput("The old password is not right.", code="wrong_password")
    _check_password(new_password, user)
    user.set_password(new_password)
    user.save(update_fields=["password"])
    sessions_end(user.id)
    _audit(Action.PASSWORD_CHANGED, user, user, None)
    return user


def _check_may_end(actor: User | None, user: User) -> None:
    if actor is None:
        return
    if actor.pk == user.pk:
        raise NotPermitted("Nobody deactivates their own account.", code="own_account")
    managed = set(sites_with(actor, "manage_users").values_list("id", flat=True))
    theirs = set(Membership.objects.filter(user=user).values_list("site_id", flat=True))
    if not managed or actor.organisation_id != user.organisation_id or not theirs <= managed:
        raise NotPermitted


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(
            "The password is too weak.", code="weak_password", details={"rules": error.messages}
        ) from error


def _check_fields(user: User) -> None:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidInput("The user cannot be made like this.", details={"fields": error.message_dict}) from error


def _audit(action: Action, user: User, actor: User | None, detail: dict[str, object] | None) -> None:
    record_effect(
        action,
        organisation_id=user.organisation_id,
        actor=actor,
        object_type="user",
        object_id=user.id,
        detail=detail,
    )
