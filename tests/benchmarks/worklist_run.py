"""One size on one database: makes the rows, asks, prints one line of JSON. Run by tests.benchmarks.worklist."""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django
import psutil

READERS = 50
VERSIONS = 6
HELD = 4
JSON = "application/json"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--sites", type=int, default=14)
    parser.add_argument("--race", type=int, default=0)
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--pause", type=float, default=0.0)
    asked = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)
    if asked.race:
        from tests.benchmarks.worklist_race import race

        result = race(studies=asked.race, readers=asked.readers, sites=asked.sites, pause=asked.pause)
    else:
        result = measure(asked.size, rounds=asked.rounds, sites=asked.sites)
    print(json.dumps(result))
    return 0


def measure(size: int, *, rounds: int, sites: int) -> dict[str, Any]:
    from diagnostics.settled import settle  # as the web process does before its first request
    from tests.benchmarks.worklist_load import studies_load, world_make

    world = world_make(sites=sites, readers=READERS, versions=VERSIONS)
    loaded = studies_load(world, size)
    print(f"{size} studies in {loaded:.0f} s", file=sys.stderr)
    _hands_of_others(world)
    client = _client(world.reader_ids[0])
    settle()
    requests = {name: _timed(ask, rounds) for name, ask in _requests(client, world, size).items()}
    return {"size": size, "sites": sites, "rounds": rounds, "load_seconds": round(loaded), "requests": requests}


def _hands_of_others(world: Any) -> None:
    """Everybody else is at work too."""
    from accounts.models import User
    from feedback.services.leases import hand_take
    from feedback.worklist_filter import WorklistFilter

    for reader in User.objects.filter(id__in=world.reader_ids[1:]):
        hand_take(reader=reader, wanted=WorklistFilter(), size=HELD)


def _client(reader_id: Any) -> Any:
    from django.test import Client
    from django.test.utils import setup_test_environment

    from accounts.models import User

    setup_test_environment()
    client = Client()
    client.force_login(User.objects.get(pk=reader_id), backend="django.contrib.auth.backends.ModelBackend")
    return client


def _requests(client: Any, world: Any, size: int) -> dict[str, Callable[[], Any]]:
    rng = random.Random(7)

    def page(**query: Any) -> Callable[[], Any]:
        return lambda: client.get("/api/worklist/", query)

    def deep(**query: Any) -> Callable[[], Any]:
        return lambda: client.get("/api/worklist/", {**query, "cursor": _somewhere(rng, world, size)})

    pages = {"first page": page(), "page somewhere": deep(), "all, page somewhere": deep(lane="all")}
    lanes = {f"lane {lane}": page(lane=lane) for lane in _lanes()[1:]}
    filters = {name: page(**query) for name, query in _filters(world).items()}
    hand = {"hand": lambda: client.post("/api/worklist/hand/", {"size": HELD}, content_type=JSON)}
    following = {"next": lambda: client.get("/api/worklist/next/", {"after": _some_study(rng, size)})}
    return {**pages, **lanes, **filters, **_searches(client, rng, size), **hand, **following}


def _filters(world: Any) -> dict[str, dict[str, str]]:
    version = str(world.version_ids[2])
    return {
        "triage urgent": {"triage": "urgent"},
        "all, triage urgent": {"lane": "all", "triage": "urgent"},
        "state waiting": {"state": "waiting"},
        "case type of one in 1,000": {"case_type": "ct"},
        "all, case type of one in 1,000": {"lane": "all", "case_type": "ct"},
        "one site": {"site": str(world.site_ids[-1])},
        "with a claim": {"claim": "with"},
        "since yesterday": {"date_from": (world.now - timedelta(days=1)).date().isoformat()},
        "model version": {"model_version": version},
        "all, model version": {"lane": "all", "model_version": version},
        "all, disagreement": {"lane": "all", "disagreement": "true"},
        "all, mine": {"lane": "all", "mine": "true"},
    }


def _searches(client: Any, rng: random.Random, size: int) -> dict[str, Callable[[], Any]]:
    from tests.benchmarks.worklist_load import COPIED
    from tests.benchmarks.worklist_rows import SEARCHABLE_EVERY

    made = min(size, COPIED)  # copies have other numbers
    searchable = range(0, made, SEARCHABLE_EVERY)
    typed = {
        "patient_id": lambda: f"PAT-{rng.choice(searchable):07d}",
        "accession_number": lambda: f"ACC-{rng.choice(searchable):07d}",
        "claim_number": lambda: f"CLAIM-{rng.randrange(0, made, 50):08d}",
        "pseudonym": lambda: f"P-{rng.getrandbits(24):06X}",
    }

    def search(kind: str) -> Callable[[], Any]:
        return lambda: client.post("/api/worklist/search/", {kind: typed[kind]()}, content_type=JSON)

    return {f"search {kind.replace('_', ' ')}": search(kind) for kind in typed}


def _lanes() -> tuple[str, ...]:
    from feedback.worklist_filter import LANES

    return LANES


def _entry(rng: random.Random, size: int) -> Any:
    from feedback.models import WorklistEntry

    return WorklistEntry.objects.get(pk=rng.randrange(1, size + 1))


def _some_study(rng: random.Random, size: int) -> str:
    return str(_entry(rng, size).study_id)


def _somewhere(rng: random.Random, world: Any, size: int) -> str:
    """A cursor as if the page before had ended at any study."""
    from feedback.api.cursor import cursor_text
    from feedback.priority import Limits, segment_of
    from feedback.worklist_ranges import Position

    entry, limits = _entry(rng, size), Limits(wait=timedelta(hours=4), guard_every=4)
    segment = segment_of(entry.grade, entry.received_at, now=world.now, limits=limits)
    return cursor_text(Position(int(segment), entry.received_at, entry.pk, world.now)) or ""


def _timed(ask: Callable[[], Any], rounds: int) -> dict[str, Any]:
    """Milliseconds of wall time, and of processor time a request: this process and the database's beside it."""
    ask()
    queries, spent = _queries(ask), _processor_seconds()
    took = sorted(_seconds(ask) * 1000 for _ in range(rounds))
    processor = (_processor_seconds() - spent) * 1000 / rounds
    return {
        "p50": statistics.median(took),
        "p95": took[int(0.95 * len(took))],
        "processor": processor,
        "queries": queries,
    }


def _processor_seconds() -> float:
    """PostgreSQL works for a connection in one process, on this machine; SQLite in ours."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return time.process_time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    spent = psutil.Process(backend).cpu_times()
    return time.process_time() + spent.user + spent.system


def _seconds(ask: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    answer = ask()
    took = time.perf_counter() - begun
    assert answer.status_code == 200, answer.content
    return took


def _queries(ask: Callable[[], Any]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    begins_or_ends = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    with CaptureQueriesContext(connection) as captured:
        ask()
    return sum(not query["sql"].startswith(begins_or_ends) for query in captured)


if __name__ == "__main__":
    sys.exit(main())
