"""Users, roles and tokens over the API."""

from typing import Any

import pytest

from accounts.models import AuditEvent, Membership, Site, User
from tests import factories
from tests.accounts.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def user_input(where: Site, **fields: Any) -> dict[str, Any]:
    return {"username": "anna", "password": PASSWORD, "site": str(where.id), "role": "reader", **fields}


def test_whoever_is_signed_in_learns_what_they_may_do(api: Any, site: Site) -> None:
    body = api("reader").get("/api/session/").json()
    assert body["username"] == "reader" and body["idle_seconds"] == 900
    assert body["sites"][0]["id"] == str(site.id) and "review_study" in body["sites"][0]["permissions"]
    assert api("service").get("/api/session/").json()["kind"] == "service"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("site_admin", 201),
        ("reader", 403),
        ("site_admin_elsewhere", 404),
        ("site_admin_abroad", 404),
        ("anonymous", 401),
    ],
)
def test_a_site_admin_creates_users_at_their_site(api: Any, site: Site, name: str, status: int) -> None:
    response = api(name).post("/api/users/", user_input(site), format="json")
    assert (response.status_code, User.objects.filter(username="anna").count()) == (status, int(status == 201))
    assert "password" not in response.content.decode().replace("password_", "")


def test_a_user_that_could_not_get_the_role_is_not_made_at_all(api: Any, site: Site) -> None:
    response = api("site_admin").post("/api/users/", user_input(site, role="service"), format="json")
    assert (response.status_code, response.json()["code"]) == (400, "role_for_other_kind")
    assert not User.objects.filter(username="anna").exists()


@pytest.mark.parametrize(
    "fields", [{"username": ""}, {"role": "king"}, {"site": "x"}, {"password": "short"}, {"kind": "robot"}]
)
def test_wrong_input_is_told_in_the_one_shape(api: Any, site: Site, fields: dict[str, str]) -> None:
    response = api("site_admin").post("/api/users/", user_input(site, **fields), format="json")
    assert response.status_code == 400 and response.json()["code"] in {"invalid_input", "weak_password"}


def test_fields_that_are_not_asked_for_are_not_taken(api: Any, site: Site, foreign_site: Site) -> None:
    extra = {"organisation": str(foreign_site.organisation_id), "is_active": False, "id": str(site.id)}
    made = api("site_admin").post("/api/users/", user_input(site, **extra), format="json").json()
    user = User.objects.get(pk=made["id"])
    assert user.organisation_id == site.organisation_id and user.is_active and made["id"] != str(site.id)


def test_the_list_shows_the_users_of_the_admins_sites(api: Any, site: Site, other_site: Site) -> None:
    ours, theirs = make_user(site), make_user(other_site)
    names = {user["username"] for user in api("site_admin").get("/api/users/").json()}
    assert ours.username in names and theirs.username not in names
    assert AuditEvent.objects.filter(action="users.viewed").count() == 1


@pytest.mark.parametrize(("name", "status"), [("site_admin", 200), ("reader", 404), ("site_admin_elsewhere", 404)])
def test_deactivating_over_the_api(api: Any, site: Site, name: str, status: int) -> None:
    target = make_user(site)
    assert api(name).post(f"/api/users/{target.id}/deactivate/").status_code == status
    target.refresh_from_db()
    assert target.is_active == (status != 200)


def test_roles_are_granted_and_revoked(api: Any, site: Site, other_site: Site) -> None:
    target, admin = make_user(site), api("site_admin")
    asked = {"site": str(site.id), "role": "technologist"}
    assert admin.post(f"/api/users/{target.id}/roles/", asked, format="json").status_code == 200
    assert Membership.objects.filter(user=target, role="technologist").exists()
    assert admin.post(f"/api/users/{target.id}/roles/revoke/", asked, format="json").status_code == 200
    assert not Membership.objects.filter(user=target, role="technologist").exists()
    elsewhere = {"site": str(other_site.id), "role": "reader"}
    assert admin.post(f"/api/users/{target.id}/roles/", elsewhere, format="json").status_code == 404


def test_a_token_is_shown_once_and_works_until_it_is_revoked(api: Any, site: Site, client: Any) -> None:
    account, admin = make_user(site, "service"), api("site_admin")
    asked = {"user": str(account.id), "name": "pacs", "scopes": ["view_study"], "days": 30}
    made = admin.post("/api/tokens/", asked, format="json").json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert client.get("/api/session/", headers=headers).json()["sites"][0]["permissions"] == ["view_study"]
    assert made["token"] not in admin.get("/api/tokens/").content.decode()
    assert admin.post(f"/api/tokens/{made['id']}/revoke/").status_code == 200
    assert client.get("/api/session/", headers=headers).status_code == 401


def test_a_password_changes_over_the_api(api: Any, user_of: Any) -> None:
    caller = api("reader")
    given = {"old_password": "wrong", "new_password": "another harbour lantern 8"}
    assert caller.post("/api/session/password/", given, format="json").json()["code"] == "wrong_password"
    given["old_password"] = factories.PASSWORD
    assert caller.post("/api/session/password/", given, format="json").status_code == 204
    assert caller.get("/api/session/").status_code == 200
    assert user_of("reader").__class__.objects.get(username="reader").check_password(given["new_password"])
