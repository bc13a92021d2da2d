"""Reads, for the interfaces: who is where, and what a user may see of users, tokens, keys and the audit trail."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.access import sites_with
from accounts.audit.actions import Action
from accounts.models import AuditEvent, KeyRecord, Membership, Organisation, ServiceToken, Site, User
from accounts.roles import ROLES


@dataclass(frozen=True)
class SitePart:
    """What a user is and may do at one site."""

    site: Site
    roles: tuple[str, ...]
    permissions: tuple[str, ...]


def organisations_count() -> int:
    return Organisation.objects.count()


def site_parts_of(user: User) -> list[SitePart]:
    """The sites a user has a part in, by name; a service token shows only what its scopes leave."""
    roles: dict[UUID, list[str]] = {}
    for membership in Membership.objects.filter(user=user, site__organisation_id=user.organisation_id):
        roles.setdefault(membership.site_id, []).append(membership.role)
    scopes = getattr(user, "token_scopes", None)
    return [_part(site, sorted(roles[site.id]), scopes) for site in Site.objects.filter(pk__in=roles).order_by("name")]


def members_of(site: Site) -> QuerySet[User]:
    """Active users with a role at the site."""
    return User.objects.filter(memberships__site=site, is_active=True).distinct().order_by("username")


def users_managed_by(actor: User) -> QuerySet[User]:
    """Users with a role at a site where the actor manages users, and users of the organisation without any role."""
    sites = sites_with(actor, "manage_users")
    if not sites.exists():
        return User.objects.none()
    theirs = Q(memberships__site__in=sites.values("pk")) | Q(memberships__isnull=True)
    return User.objects.filter(theirs, organisation_id=actor.organisation_id).distinct().order_by("username")


def tokens_managed_by(actor: User) -> QuerySet[ServiceToken]:
    return ServiceToken.objects.filter(user__in=users_managed_by(actor)).select_related("user").order_by("-created_at")


def key_records_visible_to(user: User) -> QuerySet[KeyRecord]:
    """Key records of the organisation, for whoever manages keys at one site of it."""
    if not sites_with(user, "manage_keys").exists():
        return KeyRecord.objects.none()
    return KeyRecord.objects.filter(organisation_id=user.organisation_id)


def audit_events_visible_to(user: User) -> QuerySet[AuditEvent]:
    """Events at the sites where the user reads the audit trail, and those of the organisation that have no site.

    Events of no organisation at all (sign-in attempts of unknown users) are shown where there is only one organisation.
    """
    sites = sites_with(user, "view_audit")
    if not sites.exists():
        return AuditEvent.objects.none()
    of_organisation = Q(organisation_id=user.organisation_id)
    visible = of_organisation & (Q(site_id__in=list(sites.values_list("pk", flat=True))) | Q(site_id=None))
    if organisations_count() == 1:
        visible |= Q(organisation_id=None)
    return AuditEvent.objects.filter(visible)


def sign_in_failures_from(ip: str | None) -> int:
    """Failed sign-ins from an address within the last hour: counted in the database, so by all processes together."""
    since = timezone.now() - timedelta(hours=1)
    return AuditEvent.objects.filter(time__gte=since, action=Action.USER_SIGN_IN_FAILED.value, ip=ip).count()


def _part(site: Site, roles: list[str], scopes: frozenset[str] | None) -> SitePart:
    granted = frozenset().union(*(ROLES[role] for role in roles if role in ROLES))
    permissions = granted if scopes is None else granted & scopes
    return SitePart(site=site, roles=tuple(roles), permissions=tuple(sorted(permissions)))
