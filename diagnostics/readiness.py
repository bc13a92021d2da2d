"""Can this deployment do its work: database, storage, keys, and an analysis queue that moves."""

import time
import uuid
from dataclasses import dataclass
from threading import Lock

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection

from accounts.keyholder import key_provider
from accounts.models import Organisation
from imaging.selectors import queue_state

CACHE_SECONDS = 5.0
QUEUE_AGE_LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Readiness:
    """status: "ready", "degraded" (reading works, analysis does not keep up) or "down"; checks: one word each."""

    status: str
    checks: dict[str, str | int]


_cached: tuple[float, Readiness] | None = None
_lock = Lock()


def readiness() -> Readiness:
    """Checked at most every CACHE_SECONDS: anybody may ask, and one check writes a probe to the storage."""
    global _cached
    with _lock:
        if _cached is None or time.monotonic() - _cached[0] > CACHE_SECONDS:
            _cached = (time.monotonic(), _checked())
        return _cached[1]


def _checked() -> Readiness:
    vital = {"database": _database(), "storage": _storage()}
    if vital["database"] != "ok":
        return Readiness("down", dict(vital))
    vital["keys"] = _keys()
    queue = _queue()
    if any(word != "ok" for word in vital.values()):
        return Readiness("down", {**vital, **queue})
    return Readiness("ready" if queue["worker"] == "ok" and queue["queue"] == "ok" else "degraded", {**vital, **queue})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unavailable"
    return "ok"


def _storage() -> str:
    storage = storages["images"]
    try:
        name = storage.save(f"probe-{uuid.uuid4().hex}", ContentFile(b"ok"))
        storage.delete(name)
    except OSError:
        return "not writable"
    return "ok"


def _keys() -> str:
    provider = key_provider()
    organisations = Organisation.objects.values_list("id", flat=True)
    return "ok" if all(provider.available(organisation_id) for organisation_id in organisations) else "unavailable"


def _queue() -> dict[str, str | int]:
    state = queue_state()
    return {
        "queue": "slow" if state.oldest_queued_seconds > QUEUE_AGE_LIMIT_SECONDS else "ok",
        "queue_age_seconds": int(state.oldest_queued_seconds),
        "worker": "ok" if state.worker_alive else "silent",
    }
