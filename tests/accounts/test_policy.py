"""Policies: declared on views, found wherever a framework hides the class."""

from typing import Any

import pytest
from django.contrib import admin
from django.urls import resolve, reverse
from django.views import View
from rest_framework.views import APIView

from accounts.policy import PUBLIC, SIGNED_IN, PolicyKind, any_site, on_site, policy, policy_of
from accounts.roles import CONFLICTING_ROLES, PERMISSIONS, ROLES, STAFF_PERMISSIONS, STAFF_ROLES


class Page(View):
    policy = SIGNED_IN


class Api(APIView):
    policy = on_site("view_study").but(DELETE=on_site("delete_study"))


@policy(PUBLIC)
def function(request: Any) -> None:
    """A view."""


def undeclared(request: Any) -> None:
    """A view that forgot."""


@pytest.mark.parametrize(
    ("view", "found"),
    [(Page.as_view(), SIGNED_IN), (Api.as_view(), Api.policy), (function, PUBLIC), (undeclared, None), (None, None)],
)
def test_the_policy_of_a_view_is_found(view: Any, found: Any) -> None:
    assert policy_of(view) == found


@pytest.mark.parametrize("make", [any_site, on_site])
@pytest.mark.parametrize("permissions", [(), ("view_everything",), ("view_study", "")])
def test_a_policy_names_permissions_that_exist(make: Any, permissions: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no such permission"):
        make(*permissions)


def test_a_method_may_ask_for_something_else() -> None:
    assert Api.policy.for_method("DELETE").permission == "delete_study"
    assert Api.policy.for_method("GET").permission == "view_study" == Api.policy.for_method(None).permission


def test_the_administration_declares_what_its_models_ask() -> None:
    assert policy_of(resolve(reverse("admin:index")).func) == any_site(*STAFF_PERMISSIONS)
    assert policy_of(resolve(reverse("admin:login")).func) == PUBLIC
    audit = policy_of(resolve(reverse("admin:accounts_auditevent_changelist")).func)
    assert audit == any_site("view_audit") and audit.kind is PolicyKind.ANY_SITE


def test_only_scoped_administrations_are_registered() -> None:
    from accounts.admin_site import ScopedModelAdmin, SecondReaderAdminSite

    assert isinstance(admin.site._wrapped, SecondReaderAdminSite)
    assert all(isinstance(registered, ScopedModelAdmin) for registered in admin.site._registry.values())
    assert all(registered.site_permission in PERMISSIONS for registered in admin.site._registry.values())


def test_the_table_of_roles_is_consistent() -> None:
    assert all(permissions <= set(PERMISSIONS) for permissions in ROLES.values())
    assert set(ROLES) >= STAFF_ROLES and all(pair <= set(ROLES) for pair in CONFLICTING_ROLES)
    assert set(STAFF_PERMISSIONS) == {"manage_keys", "manage_models", "manage_reading", "manage_users", "view_audit"}
    assert not ROLES["compliance_officer"] & {"view_study", "manage_users"}
