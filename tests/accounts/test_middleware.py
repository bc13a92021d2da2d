"""The policy in front of every view, on views made for the purpose."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from django.views import View
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.audit.context import current_context
from accounts.audit.record import event_detail
from accounts.errors import Conflict, DomainError, NotFound
from accounts.models import AuditEvent, Site
from accounts.policy import PUBLIC, SIGNED_IN, any_site, on_site, policy
from accounts.services.tokens import token_create
from tests.accounts.factories import make_user

ERRORS = {"conflict": Conflict(), "hidden": NotFound(), "own": DomainError("A sentence.", code="own")}
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@policy(PUBLIC)
def public(request: Any) -> HttpResponse:
    return HttpResponse("public")


@policy(SIGNED_IN)
def failing(request: Any) -> HttpResponse:
    raise ERRORS[request.GET["how"]]


def undeclared(request: Any) -> HttpResponse:
    return HttpResponse("never seen")


class Managed(View):
    policy = any_site("manage_users")

    def get(self, request: Any) -> HttpResponse:
        context = current_context()
        return HttpResponse(f"{context.actor_label} {context.ip} {context.authentication} {context.request_id}")


class DeclaredApi(APIView):
    policy = any_site("view_study")

    def get(self, request: Any) -> Response:
        return Response({"actor": current_context().actor_label, "by": current_context().authentication})

    def post(self, request: Any) -> Response:
        return Response({"read": bool(request.data)}, status=201)


class ObjectApi(APIView):
    policy = on_site("view_study")

    def get(self, request: Any) -> Response:
        raise {"conflict": Conflict(), "bug": RuntimeError("ZZCANARY^SECRET")}[request.GET["how"]]


class UndeclaredApi(APIView):
    def get(self, request: Any) -> Response:
        return Response("never seen")


class EscapedApi(APIView):
    policy = any_site("manage_users")
    permission_classes = (AllowAny,)

    def get(self, request: Any) -> Response:
        return Response("never seen")


urlpatterns = [
    path("public/", public),
    path("failing/", failing),
    path("undeclared/", undeclared),
    path("managed/", Managed.as_view()),
    path("api/declared/", DeclaredApi.as_view()),
    path("api/object/", ObjectApi.as_view()),
    path("api/undeclared/", UndeclaredApi.as_view()),
    path("api/escaped/", EscapedApi.as_view()),
    path("", include("diagnostics.urls")),
]
handler400 = "diagnostics.views.errors.bad_request"
handler404 = "diagnostics.views.errors.page_not_found"


def client_of(site: Site, role: str | None = None, **options: Any) -> Client:
    client = Client(**options)
    if role is not None:
        client.force_login(make_user(site, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("route", "role", "status"),
    [
        ("/public/", None, 200),
        ("/managed/", None, 302),
        ("/managed/", "reader", 403),
        ("/managed/", "site_admin", 200),
        ("/api/declared/", None, 401),
        ("/api/declared/", "compliance_officer", 403),
        ("/api/declared/", "reader", 200),
        ("/api/object/?how=conflict", None, 401),
        ("/undeclared/", "site_admin", 500),
        ("/api/undeclared/", "site_admin", 500),
        ("/api/escaped/", "site_admin", 500),
        ("/undeclared/", None, 500),
    ],
)
def test_a_view_answers_whom_its_policy_names(site: Site, route: str, role: str | None, status: int) -> None:
    response = client_of(site, role).get(route)
    assert response.status_code == status and b"never seen" not in response.content


def test_a_refusal_of_somebody_signed_in_is_audited(site: Site) -> None:
    client = client_of(site, "compliance_officer")
    client.get("/api/declared/"), client.get("/managed/"), client_of(site).get("/api/declared/")
    refused = AuditEvent.objects.filter(action="access.refused").order_by("sequence")
    assert [event_detail(event)["path"] for event in refused] == ["/api/declared/", "/managed/"]
    assert {event.outcome for event in refused} == {"refused"}


def test_the_error_shape_is_the_same_everywhere(site: Site) -> None:
    nobody, reader = client_of(site), client_of(site, "reader")
    answers = [
        nobody.get("/api/declared/"),
        nobody.get("/managed/", headers={"Accept": "application/json"}),
        client_of(site, "compliance_officer").get("/api/declared/"),
        reader.get("/api/object/?how=conflict"),
        reader.get("/failing/?how=conflict", headers={"Accept": "application/json"}),
        reader.put("/api/declared/"),
        reader.post("/api/declared/", "not json", content_type="application/json"),
        reader.post("/api/declared/", "text", content_type="text/plain"),
    ]
    codes = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert codes[:5] == [(401, "not_signed_in")] * 2 + [(403, "not_permitted"), (409, "conflict"), (409, "conflict")]
    assert codes[5] == (405, "method_not_allowed")
    assert all({"code", "message", "tag", "remedy"} <= set(answer.json()) for answer in answers if answer.content)


def test_a_domain_error_in_a_page_is_a_page_of_its_status(site: Site) -> None:
    reader = client_of(site, "reader")
    found = [(how, reader.get(f"/failing/?how={how}")) for how in ("conflict", "hidden", "own")]
    assert [response.status_code for _, response in found] == [409, 404, 400]
    assert "A sentence." in found[2][1].content.decode()


def test_a_bug_is_told_without_its_words(site: Site, caplog: Any) -> None:
    from accounts.logs import SafeFormatter

    response = client_of(site, "reader", raise_request_exception=False).get("/api/object/?how=bug")
    assert response.status_code == 500 and response.json()["code"] == "internal"
    lines = [SafeFormatter().format(record) for record in caplog.records]
    assert any("RuntimeError" in line for line in lines) and "CANARY" not in "".join(lines)


def test_unsafe_methods_with_a_session_need_the_csrf_token(site: Site) -> None:
    client = client_of(site, "reader", enforce_csrf_checks=True)
    refused = client.post("/api/declared/", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")


def test_the_audit_context_names_the_caller(site: Site) -> None:
    words = client_of(site, "site_admin").get("/managed/").content.decode().split()
    assert words[0].startswith("site_admin") and words[1:3] == ["127.0.0.1", "session"] and len(words[3]) == 36
    assert current_context().actor_id is None


class TestTokens:
    def call(self, site: Site, header: str, **options: Any) -> Any:
        return Client(enforce_csrf_checks=True).get("/api/declared/", headers={"Authorization": header}, **options)

    def test_a_token_calls_the_api_within_its_scopes(self, site: Site) -> None:
        account = make_user(site, "service")
        _, wide = token_create(user=account, name="wide", scopes=["view_study"])
        _, narrow = token_create(user=account, name="narrow", scopes=["upload_study"])
        answer = self.call(site, f"Bearer {wide}")
        assert answer.json() == {"actor": account.username, "by": "token"}
        assert self.call(site, f"Bearer {narrow}").status_code == 403

    def test_a_token_needs_no_csrf_token(self, site: Site) -> None:
        _, token = token_create(user=make_user(site, "service"), name="t", scopes=["view_study"])
        client = Client(enforce_csrf_checks=True)
        headers = {"Authorization": f"Bearer {token}"}
        assert client.post("/api/declared/", {}, content_type="application/json", headers=headers).status_code == 201

    @pytest.mark.parametrize("header", ["Bearer sr_wrong", "Bearer ", "bearer x"])
    def test_a_wrong_token_is_refused_with_a_challenge(self, site: Site, header: str) -> None:
        answer = self.call(site, header)
        assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"

    def test_a_wrong_token_is_not_saved_by_a_good_session(self, site: Site) -> None:
        client = client_of(site, "reader")
        assert client.get("/api/declared/", headers={"Authorization": "Bearer sr_wrong"}).status_code == 401

    def test_a_token_opens_no_page(self, site: Site) -> None:
        _, token = token_create(user=make_user(site, "service"), name="t", scopes=["manage_users"])
        assert Client().get("/managed/", headers={"Authorization": f"Bearer {token}"}).status_code == 302
