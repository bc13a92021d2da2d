"""From an id to an object, for a user: fetch, lock and check in one step. Hidden and missing look alike.

What a user may do at a site are guardian's object permissions on the site, which follow from the roles of roles.py.
A service token narrows them to its scopes. Whoever is not active holds nothing.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from guardian.shortcuts import get_objects_for_user

from accounts.errors import NotFound, NotPermitted
from accounts.models import ServiceToken, Site, User
from accounts.models.user import SiteUserObjectPermission
from accounts.policy import Policy, PolicyKind
from accounts.roles import PERMISSIONS

Row = TypeVar("Row", bound=Model)
VISIBLE_WITH = "view_study"


def sites_with(user: Any, permission: str) -> QuerySet[Site]:
    """The sites where a user holds a permission, by this token if it came with one."""
    if permission not in PERMISSIONS:
        raise ValueError(f"no such permission: {permission}")
    if not _may_act(user, permission):
        return Site.objects.none()
    return get_objects_for_user(
        user,
        f"accounts.{permission}",
        klass=Site.objects.filter(organisation_id=user.organisation_id),
        use_groups=False,
        with_superuser=False,
        accept_global_perms=False,
    )


def has_site_permission(user: Any, site_id: UUID, permission: str) -> bool:
    return sites_with(user, permission).filter(pk=site_id).exists()


def has_permission_somewhere(user: Any, *permissions: str) -> bool:
    """Holds one of the permissions at one site at least."""
    return bool(permissions_somewhere(user, *permissions))


def permissions_somewhere(user: Any, *permissions: str) -> frozenset[str]:
    """Those of the permissions that a user holds at one site at least: the rules of sites_with, in one query."""
    if unknown := set(permissions) - set(PERMISSIONS):
        raise ValueError(f"no such permission: {sorted(unknown)}")
    asked = [permission for permission in permissions if _may_act(user, permission)]
    if not asked:
        return frozenset()
    held = SiteUserObjectPermission.objects.filter(
        user=user,
        content_object__organisation_id=user.organisation_id,
        permission__content_type__app_label="accounts",
        permission__codename__in=asked,
    )
    return frozenset(held.values_list("permission__codename", flat=True))


def policy_allows(policy: Policy, user: Any) -> bool:
    """Whether a policy lets a user in, as far as that can be said before the object is known."""
    if policy.kind is PolicyKind.PUBLIC:
        return True
    if not (user.is_authenticated and user.is_active):
        return False
    return policy.kind is not PolicyKind.ANY_SITE or has_permission_somewhere(user, *policy.permissions)


def site_access(*, user: User, site_id: UUID | str, permission: str) -> Site:
    """A site where the user holds the permission.

    Raises:
        NotFound: no such site, or the user has no part in it.
        NotPermitted: the user has a part in it, not this one.
    """
    site = _fetch(Site.objects.filter(organisation_id=getattr(user, "organisation_id", None)), site_id)
    if has_site_permission(user, site.id, permission):
        return site
    if user.is_active and site.memberships.filter(user=user).exists():
        raise NotPermitted
    raise NotFound


def object_access(
    *,
    user: User,
    queryset: QuerySet[Row],
    object_id: UUID | str,
    permission: str,
    site_id_of: Callable[[Row], UUID],
    lock: bool = False,
    visible_with: str = VISIBLE_WITH,
) -> Row:
    """The object of that id, when the user may do this to it.

    Args:
        site_id_of: gives the site that an object belongs to.
        lock: the row stays locked until the transaction ends (PostgreSQL; SQLite's transactions exclude each other).
        visible_with: the permission that makes objects of a site visible at all.
    Raises:
        NotFound: missing, or not visible to this user.
        NotPermitted: visible, but the permission is lacking.
    """
    found = _fetch(queryset.select_for_update(of=("self",)) if lock else queryset, object_id)
    site_id = site_id_of(found)
    if has_site_permission(user, site_id, permission):
        return found
    if permission != visible_with and has_site_permission(user, site_id, visible_with):
        raise NotPermitted
    raise NotFound


def user_access(*, actor: User, user_id: UUID | str) -> User:
    """A user of the actor's organisation whom the actor may manage: somebody of a site where they manage users, or
    somebody without any role yet.

    Raises:
        NotFound: no such user, or nobody the actor has to do with.
    """
    found = _fetch(User.objects.select_related("organisation"), user_id)
    managed = sites_with(actor, "manage_users")
    theirs = found.memberships.values_list("site_id", flat=True)
    shared = managed.filter(pk__in=theirs).exists() or (managed.exists() and not theirs.exists())
    if found.organisation_id != actor.organisation_id or not shared:
        raise NotFound
    return found


def token_access(*, actor: User, token_id: UUID | str) -> ServiceToken:
    """A token of a service account that the actor may manage. Raises NotFound."""
    found = _fetch(ServiceToken.objects.select_related("user"), token_id)
    user_access(actor=actor, user_id=found.user_id)
    return found


def _fetch(queryset: QuerySet[Row], object_id: UUID | str) -> Row:
    try:
        return queryset.get(pk=object_id)
    except (queryset.model.DoesNotExist, ValidationError, ValueError) as error:
        raise NotFound from error


def _may_act(user: Any, permission: str) -> bool:
    scopes = getattr(user, "token_scopes", None)
    return user.is_authenticated and user.is_active and (scopes is None or permission in scopes)
