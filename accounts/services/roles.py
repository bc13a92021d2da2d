"""Granting and revoking roles: a Membership row, and guardian's permissions at the site that follow from it."""

from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from accounts.access import has_site_permission
from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.errors import Conflict, InvalidInput, NotPermitted
from accounts.models import Membership, Site, User
from accounts.roles import CONFLICTING_ROLES, ROLES


@transaction.atomic
def role_grant(*, user: User, site: Site, role: str, actor: User | None = None) -> Membership:
    """Give a user a role at a site; twice is once. Writes the membership and its permissions; audited.

    Args:
        actor: who grants; None only for the bootstrap of an installation.
    Raises:
        InvalidInput: unknown role, other organisation, inactive user, or a role that is not for this kind of account.
        Conflict: the user holds a role that excludes this one.
        NotPermitted: the actor may not grant here, or grants to themselves.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    _check_actor(actor, user, site)
    _check_role(user, site, role)
    membership, created = Membership.objects.get_or_create(user=user, site=site, role=role)
    if created:
        _grant_permissions(user, site)
        _audit(Action.ROLE_GRANTED, user, site, role, actor)
    return membership


@transaction.atomic
def role_revoke(*, user: User, site: Site, role: str, actor: User | None = None) -> None:
    """Take a role back; permissions that another role at the site still gives, stay. Audited."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _check_actor(actor, user, site)
    removed, _ = Membership.objects.filter(user=user, site=site, role=role).delete()
    if removed:
        _grant_permissions(user, site)
        _audit(Action.ROLE_REVOKED, user, site, role, actor)


def _grant_permissions(user: User, site: Site) -> None:
    """Make guardian's rows what the memberships at this site say, no more and no less."""
    roles = Membership.objects.filter(user=user, site=site).values_list("role", flat=True)
    wanted = frozenset().union(*(ROLES[role] for role in roles))
    rows = site.siteuserobjectpermission_set.filter(user=user)
    held = frozenset(rows.values_list("permission__codename", flat=True))
    for permission in wanted - held:
        assign_perm(permission, user, site)
    for permission in held - wanted:
        remove_perm(permission, user, site)


def _check_actor(actor: User | None, user: User, site: Site) -> None:
    if actor is None:
        return
    if not has_site_permission(actor, site.id, "manage_users"):
        raise NotPermitted
    if actor.pk == user.pk:
        raise NotPermitted("Nobody changes their own roles.", code="own_roles")


def _check_role(user: User, site: Site, role: str) -> None:
    if role not in ROLES:
        raise InvalidInput("There is no such role.", code="unknown_role")
    if user.organisation_id != site.organisation_id or not user.is_active:
        raise InvalidInput("The user cannot have a role at this site.", code="user_not_eligible")
    if (role == "service") != (user.kind == User.Kind.SERVICE):
        raise InvalidInput("Service accounts have the service role, and nobody else has.", code="role_for_other_kind")
    held = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    if any(role in pair and held & (pair - {role}) for pair in CONFLICTING_ROLES):
        raise Conflict("The user holds a role that excludes this one.", code="conflicting_roles")


def _audit(action: Action, user: User, site: Site, role: str, actor: User | None) -> None:
    record_effect(
        action,
        organisation_id=site.organisation_id,
        actor=actor,
        site_id=site.id,
        object_type="user",
        object_id=user.id,
        detail={"role": role, "username": user.username},
    )
