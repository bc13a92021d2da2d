"""Signing in, staying in, going out."""

import time
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Site, User
from accounts.services.users import user_deactivate
from accounts.sessions import ACTIVE, STARTED, session_user
from tests.accounts.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
SIGN_IN, PASSWORD_PAGE = "/sign-in/", "/password/"


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=False)


@pytest.fixture
def user(site: Site) -> User:
    return make_user(site)


def sign_in(client: Client, username: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password}, **extra)


def outcomes(action: str) -> list[str]:
    return list(AuditEvent.objects.filter(action=action).order_by("sequence").values_list("outcome", flat=True))


def test_signing_in_leads_on_and_is_audited(client: Client, user: User) -> None:
    response = sign_in(client, user.username)
    assert (response.status_code, response["Location"]) == (302, "/")
    event = AuditEvent.objects.get(action="user.signed_in")
    assert (event.actor_id, event.ip, event.outcome) == (user.id, "127.0.0.1", "success")


@pytest.mark.parametrize(
    ("role", "place"),
    [("reader", "/"), ("technologist", "/"), ("site_admin", "/admin/"), ("compliance_officer", "/admin/")],
)
def test_everybody_starts_where_their_work_is(client: Client, site: Site, role: str, place: str) -> None:
    assert sign_in(client, make_user(site, role).username)["Location"] == place


def test_it_leads_to_the_page_that_was_asked_for_but_never_elsewhere(client: Client, user: User) -> None:
    asked = client.get(PASSWORD_PAGE)
    assert asked["Location"] == f"{SIGN_IN}?next={PASSWORD_PAGE}"
    form = {"username": user.username, "password": PASSWORD}
    assert client.post(asked["Location"], {**form, "next": PASSWORD_PAGE})["Location"] == PASSWORD_PAGE
    other = Client().post(SIGN_IN, {**form, "next": "https://elsewhere.example/"})
    assert other["Location"] == "/"


def test_the_session_key_changes_at_sign_in(client: Client, user: User) -> None:
    client.get(SIGN_IN)
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key
    sign_in(client, user.username)
    assert client.session.session_key != before


def test_every_way_to_fail_reads_the_same(client: Client, site: Site, user: User) -> None:
    gone, service = make_user(site), make_user(site, "service")
    user_deactivate(user=gone)
    attempts = [
        (user.username, "wrong"),
        ("nobody-at-all", PASSWORD),
        (gone.username, PASSWORD),
        (service.username, "x"),
    ]
    pages = [Client().post(SIGN_IN, {"username": name, "password": word}) for name, word in attempts]
    texts = {_comparable(page, name) for page, (name, _) in zip(pages, attempts, strict=True)}
    assert {page.status_code for page in pages} == {200} and len(texts) == 1
    assert outcomes("user.sign_in_failed") == ["failure"] * 4


def _comparable(page: Any, name: str) -> str:
    lines = page.content.decode().replace(name, "").splitlines()
    return "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


def test_an_unknown_name_is_not_written_down(client: Client, user: User) -> None:
    """People type passwords into the name field."""
    sign_in(client, "correct-horse-battery", "x")
    event = AuditEvent.objects.get(action="user.sign_in_failed")
    assert (event.actor_label, event.actor_id, event.organisation_id) == ("unknown user", None, None)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(site: Site, settings: Any) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.SlowHasher"]
    user = make_user(site)

    def seconds(username: str) -> float:
        begun = time.perf_counter()
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{next(_hosts)}"), username, "wrong")
        return time.perf_counter() - begun

    pairs = [(seconds(user.username), seconds("nobody-at-all")) for _ in range(9)]
    known, unknown = (min(column) for column in zip(*pairs, strict=True))
    assert abs(known - unknown) < 0.5 * known


class SlowHasher(PBKDF2PasswordHasher):
    algorithm = "slow"
    iterations = 100_000


_hosts = iter(range(1, 255))


def test_five_failures_lock_a_name_at_an_address_even_for_the_right_password(client: Client, user: User) -> None:
    for _ in range(django_settings.AXES_FAILURE_LIMIT):
        response = sign_in(client, user.username, "wrong")
    assert response.status_code == 429 and "Retry-After" in response
    locked = sign_in(client, user.username)
    assert locked.status_code == 429 and "Too many attempts" in locked.content.decode()
    elsewhere = sign_in(Client(REMOTE_ADDR="192.0.2.8"), user.username)
    assert elsewhere.status_code == 302


def test_a_forged_forwarding_header_does_not_help(client: Client, user: User) -> None:
    for number in range(django_settings.AXES_FAILURE_LIMIT):
        sign_in(client, user.username, "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
    assert sign_in(client, user.username, HTTP_X_FORWARDED_FOR="203.0.113.77").status_code == 429
    assert set(AuditEvent.objects.filter(action="user.sign_in_failed").values_list("ip", flat=True)) == {"127.0.0.1"}


def test_many_failures_from_an_address_lock_the_address(client: Client, user: User, settings: Any) -> None:
    settings.SIGN_IN_FAILURES_PER_ADDRESS_AND_HOUR = 3
    for number in range(3):
        sign_in(client, f"guess-{number}", "wrong")
    assert sign_in(client, user.username).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.8"), user.username).status_code == 302


def test_signing_out_is_by_post_and_ends_the_session(client: Client, user: User) -> None:
    sign_in(client, user.username)
    key = client.session.session_key
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert session_user(key) is None and outcomes("user.signed_out") == ["success"]


def test_a_form_without_its_token_is_refused(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, user.username).status_code == 403


class TestSessionsEnd:
    @pytest.fixture
    def signed_in(self, client: Client, user: User) -> Client:
        sign_in(client, user.username)
        return client

    def age(self, client: Client, **seconds: int) -> None:
        session = client.session
        for name, by in seconds.items():
            session[{"idle": ACTIVE, "age": STARTED}[name]] -= by
        session.save()

    def test_after_fifteen_idle_minutes(self, signed_in: Client) -> None:
        self.age(signed_in, idle=15 * 60 - 30)
        assert signed_in.get(PASSWORD_PAGE).status_code == 200
        self.age(signed_in, idle=15 * 60)
        assert signed_in.get(PASSWORD_PAGE)["Location"].startswith(SIGN_IN)
        assert signed_in.get("/api/session/").status_code == 401
        assert outcomes("session.expired") == ["success"] and outcomes("user.signed_out") == []

    def test_after_twelve_hours_whatever_was_done(self, signed_in: Client) -> None:
        self.age(signed_in, age=12 * 60 * 60)
        assert signed_in.get(PASSWORD_PAGE).status_code == 302

    def test_activity_extends_and_background_polls_do_not(self, signed_in: Client) -> None:
        self.age(signed_in, idle=600)
        before = signed_in.session[ACTIVE]
        signed_in.get("/api/session/", headers={"X-Background": "1"})
        assert signed_in.session[ACTIVE] == before
        signed_in.get("/api/session/")
        assert signed_in.session[ACTIVE] >= before + 600

    def test_asking_who_a_session_belongs_to_never_extends_it(self, signed_in: Client, user: User) -> None:
        key = signed_in.session.session_key
        self.age(signed_in, idle=600)
        before = signed_in.session[ACTIVE]
        assert session_user(key) == user and signed_in.session[ACTIVE] == before
        self.age(signed_in, idle=300)
        assert session_user(key) is None

    @pytest.mark.parametrize("key", [None, "", "no-such-session", "x" * 32, str(uuid4())])
    def test_no_session_is_nobody(self, key: str | None) -> None:
        assert session_user(key) is None

    def test_a_session_that_never_began_is_over(self, signed_in: Client) -> None:
        session = signed_in.session
        del session[STARTED]
        session.save()
        assert session_user(session.session_key) is None
        assert signed_in.get(PASSWORD_PAGE).status_code == 302

    def test_at_once_for_whoever_is_deactivated(self, signed_in: Client, user: User) -> None:
        user_deactivate(user=user)
        assert signed_in.get("/api/session/").status_code == 401


class TestPasswordChange:
    NEW = "another harbour lantern 8"

    def change(self, client: Client, **fields: str) -> Any:
        given = {"old_password": PASSWORD, "new_password": self.NEW, "repeated": self.NEW, **fields}
        return client.post(PASSWORD_PAGE, given)

    def test_this_session_goes_on_and_others_end(self, client: Client, user: User) -> None:
        other = Client()
        sign_in(client, user.username), sign_in(other, user.username)
        before = client.session.session_key
        assert self.change(client).status_code == 302
        assert client.get(PASSWORD_PAGE).status_code == 200 and client.session.session_key != before
        assert other.get(PASSWORD_PAGE).status_code == 302
        assert sign_in(Client(), user.username, self.NEW).status_code == 302

    @pytest.mark.parametrize(
        "fields",
        [{"old_password": "wrong"}, {"repeated": "different"}, {"new_password": "short", "repeated": "short"}],
        ids=["old", "repeated", "weak"],
    )
    def test_a_wrong_form_changes_nothing(self, client: Client, user: User, fields: dict[str, str]) -> None:
        sign_in(client, user.username)
        response = self.change(client, **fields)
        assert response.status_code == 200 and 'role="alert"' in response.content.decode()
        user.refresh_from_db()
        assert user.check_password(PASSWORD)


def test_pages_and_answers_about_people_are_not_kept_by_caches(client: Client, user: User) -> None:
    sign_in(client, user.username)
    for path in (PASSWORD_PAGE, "/api/session/", "/api/users/"):
        assert "no-store" in client.get(path)["Cache-Control"]


def test_the_address_of_the_administrations_sign_in_leads_to_the_portals(client: Client) -> None:
    assert client.get(reverse("admin:login"))["Location"].startswith(SIGN_IN)
    assert client.get(reverse("admin:index"))["Location"].startswith(SIGN_IN)
