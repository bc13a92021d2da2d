"""How long a session lives: 15 minutes without activity, 12 hours in all, counted on the server."""

import time
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User

STARTED = "started_at"
ACTIVE = "active_at"
GRANULARITY_SECONDS = 10
"""Activity is written at most this often; a session may end this much early, never late."""


def session_start(session: SessionBase) -> None:
    """Begin to count, at sign-in; the session has a new key by then."""
    session[STARTED] = session[ACTIVE] = int(time.time())


def session_expired(session: SessionBase) -> bool:
    """Idle or old too long, or never properly begun."""
    now, started, active = time.time(), session.get(STARTED), session.get(ACTIVE)
    if not isinstance(started, int) or not isinstance(active, int):
        return True
    idle, age = now - active, now - started
    return idle >= settings.SESSION_IDLE_SECONDS or age >= settings.SESSION_ABSOLUTE_SECONDS


def session_touch(session: SessionBase) -> None:
    """The user did something."""
    now = int(time.time())
    if now - session.get(ACTIVE, 0) >= GRANULARITY_SECONDS:
        session[ACTIVE] = now


def session_user(session_key: str | None) -> User | None:
    """Who a session belongs to, if it is alive and its user active; never extends it. For websockets and the upload
    route, which Django's middleware does not see. Reads the database."""
    if not session_key:
        return None
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if SESSION_KEY not in store or session_expired(store):
        return None
    user: Any = get_user(SimpleNamespace(session=store))
    return user if user.is_authenticated and user.is_active else None


def sessions_end(user_id: UUID) -> int:
    """Sign a user out everywhere; gives the number of sessions ended."""
    alive = Session.objects.filter(expire_date__gt=timezone.now() - timedelta(seconds=1))
    theirs = [row.pk for row in alive.iterator() if row.get_decoded().get(SESSION_KEY) == str(user_id)]
    return Session.objects.filter(pk__in=theirs).delete()[0]
