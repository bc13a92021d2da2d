"""Every route, every method, every role, everywhere: what happens is what the policy table says, and nothing else.

The routes come from the URL resolver and the websocket routing; nobody keeps a list. A route that declares no policy,
or names an object that this test cannot make, fails.
"""

from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from rest_framework.test import APIClient

from accounts.policy import PolicyKind, policy_of
from accounts.services.tokens import token_create
from diagnostics.routing import websocket_urlpatterns
from feedback.services.reads import finding_confirm
from feedback.services.worklist_views import view_save
from imaging.models import FilmMatch, Finding
from imaging.services.insurance_claims import claim_open
from imaging.upload import application as upload_application
from tests import factories
from tests.accounts.matrix import (
    FORBIDDEN,
    HIDDEN,
    METHODS,
    NOT_A_METHOD,
    OBJECTS_OF_USERS,
    OPEN,
    PERSONAL_OBJECTS,
    SENT_TO_SIGN_IN,
    Actor,
    Route,
    actors,
    expected,
    observed,
    routes,
)
from tests.conftest import client_of

ROUTES = routes()


def test_every_route_declares_a_policy() -> None:
    assert len(ROUTES) > 40
    assert [route.path for route in ROUTES if route.policy is None] == []


def test_sockets_and_the_upload_route_declare_a_policy() -> None:
    undeclared = [str(entry.pattern) for entry in websocket_urlpatterns if _socket_policy(entry) is None]
    assert undeclared == []
    assert policy_of(upload_application) is not None


def test_a_policy_about_an_object_names_one_permission_for_each_method() -> None:
    for route in ROUTES:
        for method in route.methods():
            policy = route.policy and route.policy.for_method(method)
            if policy and policy.kind is PolicyKind.ON_SITE:
                assert len(policy.permissions) == 1, route.path


@pytest.fixture
def world(study_with_everything: dict[str, Any], site: Any, other_site: Any, foreign_site: Any) -> dict[str, Any]:
    """The objects that routes name, all at one site, and a user for each actor."""
    places = {"own": site, "elsewhere": other_site, "abroad": foreign_site}
    users = {actor: factories.make_user(actor.role, places[actor.place]) if actor.role else None for actor in actors()}
    clients = {actor: client_of(user, raise_request_exception=False) for actor, user in users.items()}
    return {"objects": study_with_everything, "clients": clients}


@pytest.fixture
def study_with_everything(analysed_study: Any, site: Any) -> dict[str, Any]:
    reader = factories.make_user("reader", site)
    finding = Finding.objects.filter(study=analysed_study, heatmap__isnull=False).earliest("created_at")
    service = factories.make_user("service", site)
    token, _ = token_create(user=service, name="matrix", scopes=["view_study"], days=1)
    return {
        "study_id": analysed_study.id,
        "instance_id": finding.instance_id,
        "finding_id": finding.id,
        "index": 0,
        "user_id": factories.make_user("technologist", site).id,
        "token_id": token.id,
        "view_id": view_save(user=reader, name="matrix", filters={}).id,
        "review_id": finding_confirm(reader=reader, finding_id=finding.id).id,
        "object_id": "00000000-0000-0000-0000-000000000000",
        **_claims(analysed_study, finding.instance_id),
    }


def _claims(study: Any, instance_id: Any) -> dict[str, Any]:
    """Two claims at the study's site, and a film of both."""
    one, other = (
        claim_open(site=study.site, number=f"MATRIX-{number}", actor=study.uploaded_by) for number in range(2)
    )
    values = {"instance_id": instance_id, "other_instance_id": instance_id, "kind": "same_file"}
    return {"claim_id": one.id, "match_id": FilmMatch.objects.create(claim=one, other_claim=other, **values).id}


@override_settings(AUDIT_ACCESS_ALLOWED_NESTING=2)
def test_every_route_answers_whom_its_policy_names_and_nobody_else(world: dict[str, Any]) -> None:
    wrong = []
    for route, method, actor in product(ROUTES, METHODS, actors()):
        if method not in route.methods() or route.is_pattern:
            continue
        found = _ask(route, method, world["clients"][actor], world["objects"])
        wanted = _wanted(route, method, actor)
        if found not in {*wanted, NOT_A_METHOD}:
            wrong.append(f"{method} {route.path} as {actor.role} {actor.place}: {found}, not {wanted}")
    assert not wrong, "\n".join(wrong)


def test_hidden_and_missing_look_alike(world: dict[str, Any]) -> None:
    client = world["clients"][Actor("reader", "elsewhere")]
    hidden = client.get(f"/api/studies/{world['objects']['study_id']}/")
    missing = client.get("/api/studies/00000000-0000-4000-8000-000000000000/")
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json()) == (404, missing.json())


def _wanted(route: Route, method: str, actor: Actor) -> set[str]:
    assert route.policy is not None
    of_users = any(name in OBJECTS_OF_USERS for name in route.parameters)
    policy = route.policy.for_method(method)
    if policy.kind is PolicyKind.PUBLIC:
        return {OPEN, SENT_TO_SIGN_IN}
    if actor.role == "service" and not route.path.startswith("api/"):
        return {SENT_TO_SIGN_IN}  # tokens open the API; a service account has no session
    wanted = expected(policy, actor, names_object=bool(route.parameters), of_users=of_users)
    if set(route.parameters) & set(PERSONAL_OBJECTS):
        return {HIDDEN} if wanted == OPEN else {wanted}
    if route.administration and wanted == OPEN:
        # Nobody adds or deletes by the admin site where rows are read-only, and no row has the id that is asked for.
        return {OPEN, FORBIDDEN, HIDDEN}
    return {wanted}


def _ask(route: Route, method: str, client: APIClient, objects: dict[str, Any]) -> str:
    """One request, undone afterwards."""
    path = "/" + route.path
    for name in route.parameters:
        assert name in objects, f"{route.path} names {name}: teach this test to make one"
        path = path.replace(_placeholder(route.path, name), str(objects[name]))
    with transaction.atomic():
        cookies = client.cookies.copy()
        response = client.generic(method, path, data="{}", content_type="application/json")
        for _ in getattr(response, "streaming_content", ()):
            pass
        transaction.set_rollback(True)
    client.cookies = cookies
    assert response.status_code < 500, f"{method} {path}: {response.status_code}"
    return observed(response.status_code, response.headers.get("Location", ""))


def _placeholder(path: str, name: str) -> str:
    start = next(part for part in path.split("<")[1:] if part.split(">")[0].split(":")[-1] == name)
    return "<" + start.split(">")[0] + ">"


def _socket_policy(entry: Any) -> Any:
    return policy_of(entry.callback) or policy_of(getattr(entry.callback, "consumer_class", None))
