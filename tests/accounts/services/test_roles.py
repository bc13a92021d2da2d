"""Granting and revoking: guardian's rows are what the memberships say, and nobody grants to themselves."""

from typing import Any

import pytest

from accounts.access import has_site_permission
from accounts.errors import Conflict, InvalidInput, NotPermitted
from accounts.models import AuditEvent, Membership, Site, SiteUserObjectPermission
from accounts.roles import ROLES
from accounts.services.roles import role_grant, role_revoke
from tests.accounts.factories import make_user

pytestmark = pytest.mark.django_db


def held(user: Any, site: Site) -> set[str]:
    rows = SiteUserObjectPermission.objects.filter(user=user, content_object=site)
    return set(rows.values_list("permission__codename", flat=True))


def test_revoking_one_role_leaves_what_another_gives(site: Site) -> None:
    user = make_user(site, "reader")
    role_grant(user=user, site=site, role="technologist")
    assert held(user, site) == ROLES["reader"] | ROLES["technologist"]
    role_revoke(user=user, site=site, role="reader")
    assert held(user, site) == ROLES["technologist"]
    role_revoke(user=user, site=site, role="technologist")
    assert held(user, site) == set() and not Membership.objects.filter(user=user).exists()


def test_granting_and_revoking_twice_is_once(site: Site) -> None:
    user = make_user(site, "reader")
    role_grant(user=user, site=site, role="reader")
    role_revoke(user=user, site=site, role="reader")
    role_revoke(user=user, site=site, role="reader")
    events = AuditEvent.objects.filter(object_id=user.id, action__startswith="role.").order_by("sequence")
    assert [event.action for event in events] == ["role.granted", "role.revoked"]


def test_a_revoked_role_is_gone_with_the_next_question(site: Site) -> None:
    user = make_user(site, "reader")
    assert has_site_permission(user, site.id, "view_study")
    role_revoke(user=user, site=site, role="reader")
    assert not has_site_permission(user, site.id, "view_study")


@pytest.mark.parametrize("name", ["reader", "site_admin_elsewhere", "site_admin_abroad", "compliance_officer"])
def test_only_who_manages_users_at_the_site_grants_there(user_of: Any, site: Site, name: str) -> None:
    user = make_user(site, None)
    role_grant(user=user, site=site, role="reader", actor=user_of("site_admin"))
    for change in (role_grant, role_revoke):
        with pytest.raises(NotPermitted):
            change(user=user, site=site, role="reader", actor=user_of(name))


def test_nobody_changes_their_own_roles(user_of: Any, site: Site) -> None:
    admin = user_of("site_admin")
    with pytest.raises(NotPermitted) as refused:
        role_grant(user=admin, site=site, role="reader", actor=admin)
    assert refused.value.code == "own_roles"


@pytest.mark.parametrize(
    ("held_role", "asked"),
    [
        ("compliance_officer", "site_admin"),
        ("site_admin", "compliance_officer"),
        ("key_custodian", "site_admin"),
        ("site_admin", "key_custodian"),
    ],
)
def test_roles_that_watch_each_other_are_not_held_by_one_person(
    site: Site, other_site: Site, held_role: str, asked: str
) -> None:
    user = make_user(site, held_role)
    with pytest.raises(Conflict) as refused:
        role_grant(user=user, site=other_site, role=asked)
    assert refused.value.code == "conflicting_roles"


@pytest.mark.parametrize("role", ["nobody", "service", ""])
def test_a_person_gets_only_roles_of_persons(site: Site, role: str) -> None:
    with pytest.raises(InvalidInput):
        role_grant(user=make_user(site, None), site=site, role=role)


def test_a_service_account_gets_the_service_role_only(site: Site) -> None:
    with pytest.raises(InvalidInput):
        role_grant(user=make_user(site, "service"), site=site, role="reader")


def test_nobody_gets_a_role_in_another_organisation(site: Site, foreign_site: Site) -> None:
    with pytest.raises(InvalidInput):
        role_grant(user=make_user(site), site=foreign_site, role="reader")
