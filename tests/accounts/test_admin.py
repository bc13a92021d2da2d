"""The administration: who sees what there, and that looking is itself recorded."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import AuditEvent, Membership, ServiceToken, Site, User
from tests.accounts.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
AUDIT, USERS, TOKENS, KEYS = (
    reverse(f"admin:accounts_{model}_changelist") for model in ("auditevent", "user", "servicetoken", "keyrecord")
)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def officer(site: Site) -> Client:
    return client_of(make_user(site, "compliance_officer"))


@pytest.fixture
def site_admin(site: Site) -> Client:
    return client_of(make_user(site, "site_admin"))


def event_at(site: Site, **fields: Any) -> AuditEvent:
    with transaction.atomic():
        facts = {"actor_label": "anna", "organisation_id": site.organisation_id, "site_id": site.id, **fields}
        return record_effect(Action.STUDY_VIEWED, **facts)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("compliance_officer", {AUDIT}),
        ("site_admin", {USERS, TOKENS}),
        ("key_custodian", {KEYS}),
        ("model_manager", set()),
        ("reader", set()),
        ("technologist", set()),
    ],
)
def test_each_staff_role_sees_its_own_pages(site: Site, role: str, seen: set[str]) -> None:
    client = client_of(make_user(site, role))
    assert {page for page in (AUDIT, USERS, TOKENS, KEYS) if client.get(page).status_code == 200} == seen
    expected = 403 if role in {"reader", "technologist"} else 200
    assert client.get(reverse("admin:index")).status_code == expected


class TestAudit:
    def test_the_officer_sees_the_events_of_their_site_and_organisation_only(
        self, officer: Client, site: Site, other_site: Site, foreign_site: Site
    ) -> None:
        for where, label in ((site, "at-ours"), (other_site, "at-other"), (foreign_site, "at-foreign")):
            event_at(where, actor_label=label)
        page = officer.get(AUDIT).content.decode()
        assert "at-ours" in page and "at-other" not in page and "at-foreign" not in page

    def test_opening_it_is_audited_before_it_is_shown(self, officer: Client) -> None:
        assert AuditEvent.objects.filter(action="audit.viewed").count() == 0
        page = officer.get(AUDIT, {"q": "somebody"}).content.decode()
        viewed = AuditEvent.objects.get(action="audit.viewed")
        assert viewed.detail_ct is not None and page

    def test_it_is_searched_by_name_and_by_id_and_filtered(self, officer: Client, site: Site) -> None:
        anna = event_at(site, actor_label="anna-lee", object_id=site.id)
        event_at(site, actor_label="bert-olson")
        for query in ({"q": "anna"}, {"q": str(site.id)}, {"q": str(anna.id)}):
            page = officer.get(AUDIT, query).content.decode()
            assert "anna-lee" in page and "bert-olson" not in page
        assert "bert-olson" in officer.get(AUDIT, {"action": "study.viewed", "site": str(site.id)}).content.decode()
        assert "bert-olson" not in officer.get(AUDIT, {"outcome": "failure"}).content.decode()

    def test_an_event_opens_with_its_detail_and_cannot_be_changed(self, officer: Client, site: Site) -> None:
        event = event_at(site, detail={"reason": "second look"})
        page = reverse("admin:accounts_auditevent_change", args=[event.pk])
        text = officer.get(page).content.decode()
        assert "second look" in text and bytes(event.leaf).hex() in text
        assert officer.post(page, {"actor_label": "x"}).status_code == 403
        assert officer.get(reverse("admin:accounts_auditevent_add")).status_code == 403
        assert officer.get(reverse("admin:accounts_auditevent_delete", args=[event.pk])).status_code == 403

    def test_another_organisations_event_is_not_there(self, officer: Client, foreign_site: Site) -> None:
        event = event_at(foreign_site)
        response = officer.get(reverse("admin:accounts_auditevent_change", args=[event.pk]))
        assert response.status_code == 302 and str(event.id) not in response.content.decode()


class TestUsers:
    def add(self, client: Client, site: Site, **fields: Any) -> Any:
        form = {
            "username": "carla",
            "display_name": "Carla",
            "kind": "person",
            "password": PASSWORD,
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "0",
            "memberships-0-site": str(site.id),
            "memberships-0-role": "reader",
            **fields,
        }
        return client.post(reverse("admin:accounts_user_add"), form)

    def test_a_user_is_made_with_a_role_through_the_services(self, site_admin: Client, site: Site) -> None:
        assert self.add(site_admin, site).status_code == 302
        user = User.objects.get(username="carla")
        assert user.check_password(PASSWORD) and user.organisation_id == site.organisation_id
        assert Membership.objects.get(user=user).role == "reader"
        actions = AuditEvent.objects.filter(object_id=user.id).order_by("sequence").values_list("action", flat=True)
        assert list(actions) == ["user.created", "role.granted"]

    def test_a_refusal_is_told_and_nothing_is_kept(self, site_admin: Client, site: Site) -> None:
        response = self.add(site_admin, site, password="short")
        page = site_admin.get(response["Location"]).content.decode()
        assert "too weak" in page and not User.objects.filter(username="carla").exists()

    def test_a_role_at_a_site_of_others_cannot_be_chosen(self, site_admin: Client, other_site: Site) -> None:
        assert "Select a valid choice" in self.add(site_admin, other_site).content.decode()
        assert not User.objects.filter(username="carla").exists()

    def test_deactivating_is_an_action(self, site_admin: Client, site: Site) -> None:
        target = make_user(site)
        site_admin.post(USERS, {"action": "deactivate", "_selected_action": [str(target.pk)]})
        target.refresh_from_db()
        assert not target.is_active

    def test_a_role_is_taken_back_on_the_page(self, site_admin: Client, site: Site) -> None:
        target = make_user(site)
        membership = Membership.objects.get(user=target)
        form = {
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "1",
            "memberships-0-id": str(membership.id),
            "memberships-0-user": str(target.id),
            "memberships-0-DELETE": "on",
        }
        site_admin.post(reverse("admin:accounts_user_change", args=[target.pk]), form)
        assert not Membership.objects.filter(user=target).exists()
        assert AuditEvent.objects.filter(action="role.revoked", object_id=target.id).exists()

    def test_the_page_shows_no_password(self, site_admin: Client, site: Site) -> None:
        target = make_user(site)
        page = site_admin.get(reverse("admin:accounts_user_change", args=[target.pk])).content.decode()
        assert target.username in page and target.password not in page

    def test_users_of_others_are_not_there(self, site_admin: Client, other_site: Site) -> None:
        target = make_user(other_site)
        assert target.username not in site_admin.get(USERS).content.decode()
        assert site_admin.get(reverse("admin:accounts_user_change", args=[target.pk])).status_code == 302


class TestTokens:
    def test_a_token_is_shown_once(self, site_admin: Client, site: Site) -> None:
        account = make_user(site, "service")
        form = {"user": str(account.id), "name": "pacs", "scopes": ["view_study"], "days": "30"}
        page = site_admin.post(reverse("admin:accounts_servicetoken_add"), form)
        row = ServiceToken.objects.get()
        assert page.status_code == 200 and row.prefix in page.content.decode() and "sr_" in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        detail = site_admin.get(reverse("admin:accounts_servicetoken_change", args=[row.pk])).content.decode()
        assert row.digest not in detail

    def test_persons_cannot_be_chosen(self, site_admin: Client, site: Site) -> None:
        form = {"user": str(make_user(site).id), "name": "t", "scopes": ["view_study"], "days": "30"}
        assert (
            "Select a valid choice"
            in site_admin.post(reverse("admin:accounts_servicetoken_add"), form).content.decode()
        )

    def test_revoking_is_an_action(self, site_admin: Client, site: Site) -> None:
        form = {"user": str(make_user(site, "service").id), "name": "t", "scopes": ["view_study"], "days": "30"}
        site_admin.post(reverse("admin:accounts_servicetoken_add"), form)
        row = ServiceToken.objects.get()
        site_admin.post(TOKENS, {"action": "revoke", "_selected_action": [str(row.pk)]})
        row.refresh_from_db()
        assert row.revoked_at is not None


def test_no_model_can_be_deleted_here() -> None:
    assert all(not registered.has_delete_permission(None) for registered in admin.site._registry.values())


@pytest.mark.parametrize("path", ["r/1/1/", "password_change/", "logout/", "auth/group/", "nothing/"])
def test_doors_of_djangos_own_administration_are_closed(site_admin: Client, path: str) -> None:
    assert site_admin.get(f"/admin/{path}").status_code in {302, 404}


def test_the_trail_is_timed_to_the_second(site: Site, officer: Client) -> None:
    event = event_at(site)
    to_the_second = f"{event.time:%Y-%m-%d %H:%M:%S}"
    assert to_the_second in officer.get(AUDIT).content.decode()
    one = reverse("admin:accounts_auditevent_change", args=[event.pk])
    assert to_the_second in officer.get(one).content.decode()
