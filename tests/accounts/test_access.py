"""Who gets which object: own site, other site, other organisation, no role, not active, by token."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.access import (
    has_permission_somewhere,
    has_site_permission,
    object_access,
    site_access,
    sites_with,
    token_access,
    user_access,
)
from accounts.errors import NotFound, NotPermitted
from accounts.models import Membership, Site, SiteUserObjectPermission
from accounts.roles import PERMISSIONS, ROLES, STAFF_PERMISSIONS
from accounts.services.tokens import token_create, token_user
from accounts.services.users import user_deactivate
from tests.accounts.factories import make_user

pytestmark = pytest.mark.django_db


def fetch(user: Any, site: Site, permission: str, **more: Any) -> Membership:
    """A membership of the site stands for any object that belongs to a site."""
    wanted = Membership.objects.filter(site=site).first() or Membership(id=uuid4())
    return object_access(
        user=user,
        queryset=Membership.objects.all(),
        object_id=wanted.id,
        permission=permission,
        site_id_of=lambda membership: membership.site_id,
        **more,
    )


@pytest.mark.parametrize("role", list(ROLES))
def test_a_role_gives_exactly_its_permissions_at_its_site_only(site: Site, other_site: Site, role: str) -> None:
    user = make_user(site, role)
    held = {permission for permission in PERMISSIONS if has_site_permission(user, site.id, permission)}
    assert held == ROLES[role]
    assert not any(has_site_permission(user, other_site.id, permission) for permission in PERMISSIONS)
    assert has_permission_somewhere(user, *STAFF_PERMISSIONS) == bool(held & set(STAFF_PERMISSIONS))


@pytest.mark.parametrize(
    ("name", "permission", "outcome"),
    [
        ("reader", "view_study", None),
        ("reader", "review_study", None),
        ("reader", "delete_study", NotPermitted),
        ("technologist", "review_study", NotPermitted),
        ("compliance_officer", "view_study", NotFound),
        ("site_admin", "delete_study", NotFound),
        ("reader_elsewhere", "view_study", NotFound),
        ("lead_reader_elsewhere", "delete_study", NotFound),
        ("lead_reader_abroad", "delete_study", NotFound),
    ],
)
def test_hidden_looks_missing_and_visible_may_be_refused(
    user_of: Any, site: Site, name: str, permission: str, outcome: type[Exception] | None
) -> None:
    make_user(site)
    user = user_of(name)
    if outcome is None:
        assert fetch(user, site, permission).site_id == site.id
    else:
        with pytest.raises(outcome):
            fetch(user, site, permission)


@pytest.mark.parametrize("object_id", [uuid4(), "no uuid at all", ""])
def test_missing_and_nonsense_are_not_found(reader: Any, object_id: Any) -> None:
    with pytest.raises(NotFound):
        object_access(
            user=reader,
            queryset=Membership.objects.all(),
            object_id=object_id,
            permission="view_study",
            site_id_of=lambda membership: membership.site_id,
        )


def test_another_visibility_can_be_named(site: Site) -> None:
    officer = make_user(site, "compliance_officer")
    with pytest.raises(NotPermitted):
        fetch(officer, site, "manage_users", visible_with="view_audit")


def test_locking_gives_the_same_object(reader: Any, site: Site) -> None:
    assert fetch(reader, site, "view_study", lock=True).site_id == site.id


def test_nobody_and_the_inactive_hold_nothing(reader: Any, site: Site) -> None:
    assert not sites_with(AnonymousUser(), "view_study").exists()
    user_deactivate(user=reader)
    reader.refresh_from_db()
    assert not sites_with(reader, "view_study").exists()
    with pytest.raises(NotFound):
        site_access(user=reader, site_id=site.id, permission="view_study")


def test_a_permission_that_does_not_exist_is_a_mistake_not_a_refusal(reader: Any) -> None:
    with pytest.raises(ValueError, match="view_everything"):
        sites_with(reader, "view_everything")


def test_a_grant_across_organisations_gives_nothing(reader: Any, foreign_site: Site) -> None:
    """Even when a row of guardian's says so: the organisation is asked as well."""
    theirs = make_user(foreign_site)
    row = SiteUserObjectPermission.objects.filter(user=theirs).first()
    SiteUserObjectPermission.objects.create(user=reader, content_object=foreign_site, permission=row.permission)
    assert not has_site_permission(reader, foreign_site.id, row.permission.codename)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("technologist", NotPermitted), ("reader_elsewhere", NotFound), ("site_admin_abroad", NotFound)],
)
def test_a_site_is_hidden_from_whoever_has_no_part_in_it(
    user_of: Any, site: Site, name: str, outcome: type[Exception]
) -> None:
    assert site_access(user=user_of("site_admin"), site_id=site.id, permission="manage_users") == site
    with pytest.raises(outcome):
        site_access(user=user_of(name), site_id=site.id, permission="manage_users")


def test_a_token_narrows_its_account_to_its_scopes(site: Site) -> None:
    account = make_user(site, "service")
    _, token = token_create(user=account, name="narrow", scopes=["upload_study"])
    user, _ = token_user(token)
    assert has_site_permission(user, site.id, "upload_study")
    assert not has_site_permission(user, site.id, "view_study")
    assert has_site_permission(account, site.id, "view_study")


def test_a_scope_gives_nothing_that_the_role_does_not(site: Site) -> None:
    _, token = token_create(user=make_user(site, "service"), name="wide", scopes=sorted(PERMISSIONS))
    user, _ = token_user(token)
    held = {permission for permission in PERMISSIONS if has_site_permission(user, site.id, permission)}
    assert held == ROLES["service"]


def test_users_are_managed_by_the_admin_of_their_site_only(user_of: Any, site: Site) -> None:
    target, nobody_yet = make_user(site), make_user(site, None)
    admin = user_of("site_admin")
    assert user_access(actor=admin, user_id=target.id) == target
    assert user_access(actor=admin, user_id=nobody_yet.id) == nobody_yet
    for name in ("reader", "site_admin_elsewhere", "site_admin_abroad", "key_custodian"):
        with pytest.raises(NotFound):
            user_access(actor=user_of(name), user_id=target.id)


def test_tokens_are_managed_like_their_accounts(user_of: Any, site: Site) -> None:
    row, _ = token_create(user=make_user(site, "service"), name="t", scopes=["view_study"])
    assert token_access(actor=user_of("site_admin"), token_id=row.id) == row
    with pytest.raises(NotFound):
        token_access(actor=user_of("site_admin_elsewhere"), token_id=row.id)
