"""Sockets: allowed and refused, ids only, closed when session or permission goes, and caught up after a drop."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from accounts.live import OutboxTail, events_send, latest_sequence, outbox_append
from accounts.services.roles import role_revoke
from accounts.sessions import sessions_end
from diagnostics.asgi import application
from tests import factories
from tests.conftest import MODEL_BACKEND
from tests.sockets import SocketCommunicator

pytestmark = pytest.mark.django_db(transaction=True)
OWN_ORIGIN = (b"origin", b"http://testserver")


@pytest.fixture
def session_of(user_of: Callable[[str], Any]) -> Callable[[str], SessionStore]:
    """A session as sign-in makes it."""

    def make(name: str) -> SessionStore:
        from accounts.sessions import session_start

        user = user_of(name)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = MODEL_BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session_start(session)
        session.save()
        return session

    return make


@pytest.fixture
def study(site: Any, user_of: Any) -> Any:
    return factories.make_study(site, user_of("technologist")).study


def socket(path: str, session: SessionStore | None, *, origin: tuple[bytes, bytes] | None = OWN_ORIGIN) -> Any:
    headers = [(b"host", b"testserver")]
    if origin:
        headers.append(origin)
    if session is not None:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode()))
    return SocketCommunicator(application, path, headers=headers)


def refusal(path: str, session: SessionStore | None, **options: Any) -> int | None:
    """The close code of a refused handshake; None when the socket was opened."""

    async def knock() -> int | None:
        communicator = socket(path, session, **options)
        connected, code = await communicator.connect()
        await communicator.disconnect()
        return None if connected else code

    return async_to_sync(knock)()


@pytest.mark.parametrize(
    ("who", "code"),
    [("reader", None), ("technologist", None), ("compliance_officer", 4403), ("model_manager", 4403)],
)
def test_the_worklist_is_heard_by_whoever_sees_studies(session_of: Any, who: str, code: int | None) -> None:
    assert refusal("/ws/worklist/", session_of(who)) == code


@pytest.mark.parametrize(
    ("who", "code"),
    [("reader", None), ("reader_elsewhere", 4403), ("reader_abroad", 4403), ("site_admin", 4403)],
)
def test_a_study_is_heard_by_whoever_sees_it(session_of: Any, study: Any, who: str, code: int | None) -> None:
    assert refusal(f"/ws/studies/{study.id}/", session_of(who)) == code


def test_a_missing_study_is_refused_like_a_hidden_one(session_of: Any) -> None:
    assert refusal(f"/ws/studies/{uuid4()}/", session_of("reader")) == 4403


def test_without_a_session_nothing_is_heard(study: Any) -> None:
    assert refusal("/ws/worklist/", None) == 4401
    assert refusal(f"/ws/studies/{study.id}/", None) == 4401


@pytest.mark.parametrize(
    "origin",
    [None, (b"origin", b"http://elsewhere.example"), (b"origin", b"http://testserver:8001"), (b"origin", b"null")],
)
def test_a_page_of_another_origin_opens_no_socket(session_of: Any, origin: Any) -> None:
    assert refusal("/ws/worklist/", session_of("reader"), origin=origin) == 4403


def test_an_idle_session_opens_no_socket(session_of: Any) -> None:
    session = session_of("reader")
    session["active_at"] -= settings.SESSION_IDLE_SECONDS
    session.save()
    assert refusal("/ws/worklist/", session) == 4401


def tell(study: Any, kind: str = "inference.completed") -> int:
    with transaction.atomic():
        where = {"organisation_id": study.organisation_id, "site_id": study.site_id, "study_id": study.id}
        event = outbox_append(**where, kind=kind, status="analysed")
    return event.sequence


def test_an_event_reaches_worklist_and_study_with_ids_and_a_status_only(session_of: Any, study: Any) -> None:
    session = session_of("reader")

    async def listen() -> list[dict[str, Any]]:
        sockets = [socket("/ws/worklist/", session), socket(f"/ws/studies/{study.id}/", session)]
        for one in sockets:
            assert (await one.connect())[0]
        tail = OutboxTail()
        await database_sync_to_async(tail.start)()
        await database_sync_to_async(tell)(study)
        await events_send(await database_sync_to_async(tail.read)())
        heard = [await one.receive_json_from(timeout=5) for one in sockets]
        for one in sockets:
            await one.disconnect()
        return heard

    for message in async_to_sync(listen)():
        assert set(message) == {"sequence", "kind", "study_id", "site_id", "status"}
        assert (message["study_id"], message["kind"]) == (str(study.id), "inference.completed")


def test_an_event_of_another_site_is_not_heard(session_of: Any, study: Any) -> None:
    session = session_of("reader_elsewhere")

    async def listen() -> bool:
        one = socket("/ws/worklist/", session)
        await one.connect()
        tail = OutboxTail()
        await database_sync_to_async(tail.start)()
        await database_sync_to_async(tell)(study)
        await events_send(await database_sync_to_async(tail.read)())
        silent = await one.receive_nothing(timeout=0.3)
        await one.disconnect()
        return silent

    assert async_to_sync(listen)() is True


def closing(session: SessionStore, change: Callable[[], Any], path: str = "/ws/worklist/") -> int:
    """Opens a socket, lets something happen, and gives the code with which the re-check closes it."""

    async def wait() -> int:
        one = socket(path, session)
        assert (await one.connect())[0]
        await database_sync_to_async(change)()
        output = await one.receive_output(timeout=5)
        assert output["type"] == "websocket.close"
        return output["code"]

    return async_to_sync(wait)()


def test_an_open_socket_closes_when_its_user_is_signed_out(session_of: Any, reader: Any, settings: Any) -> None:
    settings.SOCKET_RECHECK_SECONDS = 0.2
    assert closing(session_of("reader"), lambda: sessions_end(reader.id)) == 4401


def test_an_open_socket_closes_when_its_session_goes_idle(session_of: Any, settings: Any) -> None:
    settings.SOCKET_RECHECK_SECONDS = 0.2
    session = session_of("reader")

    def grow_old() -> None:
        session["active_at"] -= 15 * 60
        session.save()

    assert closing(session, grow_old) == 4401


def test_an_open_socket_closes_when_the_role_is_revoked(
    session_of: Any, reader: Any, site: Any, study: Any, settings: Any
) -> None:
    settings.SOCKET_RECHECK_SECONDS = 0.2
    session = session_of("reader")
    path = f"/ws/studies/{study.id}/"
    assert closing(session, lambda: role_revoke(user=reader, site=site, role="reader"), path) == 4403


def test_a_page_says_nothing_that_is_listened_to(session_of: Any) -> None:
    session = session_of("reader")

    async def speak() -> bool:
        one = socket("/ws/worklist/", session)
        await one.connect()
        await one.send_to(text_data="not json at all")
        await one.send_to(bytes_data=b"\x00\x01")
        silent = await one.receive_nothing(timeout=0.3)
        await one.disconnect()
        return silent

    assert async_to_sync(speak)() is True


def test_a_socket_does_not_keep_a_session_alive(session_of: Any, settings: Any) -> None:
    settings.SOCKET_RECHECK_SECONDS = 0.1
    session = session_of("reader")
    before = session["active_at"] = session["active_at"] - 60
    session.save()

    async def stay() -> None:
        one = socket("/ws/worklist/", session)
        await one.connect()
        await asyncio.sleep(0.4)
        await one.disconnect()

    async_to_sync(stay)()
    assert SessionStore(session.session_key)["active_at"] == before


def test_what_a_dropped_page_missed_is_there_by_sequence_number(api: Any, study: Any) -> None:
    seen = latest_sequence(study.organisation_id)
    missed = [tell(study, kind) for kind in ("inference.completed", "review.added", "read.signed")]
    answer = api("reader").get(f"/api/events/?after={seen}", headers={"X-Background": "1"}).json()
    assert [event["sequence"] for event in answer["events"]] == missed
    assert answer["latest"] == missed[-1] == seen + 3
    assert api("reader_elsewhere").get(f"/api/events/?after={seen}").json()["events"] == []
