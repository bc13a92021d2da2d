"""The permission matrix, continued: every websocket route x every role x everywhere, through the real ASGI entry."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from accounts.policy import PolicyKind, policy_of
from diagnostics.asgi import application
from diagnostics.routing import websocket_urlpatterns
from tests import factories
from tests.accounts.matrix import OPEN, Actor, actors, expected
from tests.conftest import client_of

NOT_SIGNED_IN, NOT_PERMITTED = 4401, 4403


@pytest.fixture
def world(transactional_db: None) -> dict[str, Any]:
    """A study at one site, and a session for every role everywhere."""
    organisation = factories.make_organisation()
    places = {
        "own": factories.make_site(organisation),
        "elsewhere": factories.make_site(organisation),
        "abroad": factories.make_site(factories.make_organisation()),
    }
    uploader = factories.make_user("technologist", places["own"])
    cookies = {
        actor: _session(factories.make_user(actor.role, places[actor.place])) if actor.role else ""
        for actor in actors()
    }
    return {"study_id": factories.make_study(places["own"], uploader).study.id, "cookies": cookies}


@pytest.mark.parametrize("entry", websocket_urlpatterns, ids=lambda entry: str(entry.pattern))
def test_a_socket_opens_for_whom_its_policy_names_and_nobody_else(entry: Any, world: dict[str, Any]) -> None:
    path = "/" + str(entry.pattern).replace("<uuid:study_id>", str(world["study_id"]))
    policy = policy_of(entry.callback) or policy_of(entry.callback.consumer_class)
    assert policy is not None
    wrong = []
    for actor in actors():
        found = _handshake(path, world["cookies"][actor])
        if found != _wanted(policy, actor):
            wrong.append(f"{path} as {actor.role} {actor.place}: {found}, not {_wanted(policy, actor)}")
    assert not wrong, "\n".join(wrong)


def test_a_page_of_another_origin_opens_no_socket(world: dict[str, Any]) -> None:
    cookie = world["cookies"][Actor("reader")]
    assert _handshake("/ws/worklist/", cookie) is None
    assert _handshake("/ws/worklist/", cookie, origin=b"http://elsewhere.example") == NOT_PERMITTED


def _wanted(policy: Any, actor: Actor) -> int | None:
    """The close code, or None when the socket opens. A service account has no session, so it is nobody here."""
    if actor.role in {None, "service"}:
        return NOT_SIGNED_IN
    about_object = policy.kind is PolicyKind.ON_SITE
    return None if expected(policy, actor, names_object=about_object, of_users=False) == OPEN else NOT_PERMITTED


def _session(user: Any) -> str:
    cookie = client_of(user).cookies.get(settings.SESSION_COOKIE_NAME)
    return f"{settings.SESSION_COOKIE_NAME}={cookie.value}" if cookie else ""


def _handshake(path: str, cookie: str, origin: bytes = b"http://testserver") -> int | None:
    """The code that the handshake was refused with; None when the socket opened."""
    headers = [(b"host", b"testserver"), (b"origin", origin), (b"cookie", cookie.encode())]

    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}

    async def ask() -> int | None:
        socket = ApplicationCommunicator(application, scope)
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(timeout=10)
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(timeout=10)
        return None if answer["type"] == "websocket.accept" else answer["code"]

    return async_to_sync(ask)()
