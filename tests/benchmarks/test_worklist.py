"""The worklist's benchmark in its reduced form: it runs on both databases, and nobody is handed what another has."""

import argparse
from typing import Any

import pytest

from tests.benchmarks import worklist
from tests.postgres import requires_postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LISTS_WITHOUT_SESSION_WRITE = 7
HAND_WITHOUT_SESSION_WRITE = 10
DATABASES = ["sqlite", pytest.param("postgresql", marks=requires_postgres)]


def run(database: str, **asked: Any) -> dict[str, Any]:
    given = {"sizes": [2000], "rounds": 2, "sites": 3, "race": 0, "readers": 8, "pause": 0.0, "folder": None}
    (result,) = worklist._on(database, argparse.Namespace(**given | asked))
    return result


@pytest.mark.parametrize("database", DATABASES)
def test_eight_readers_at_once_read_every_study_once(database: str) -> None:
    result = run(database, race=240)
    assert (result["read"], result["twice"], result["left"]) == (240, 0, 0)


@pytest.mark.parametrize("database", DATABASES)
def test_every_request_is_answered_within_the_queries_of_a_page(database: str) -> None:
    requests = run(database)["requests"]
    lists = {name: one["queries"] for name, one in requests.items() if name not in ("hand", "next")}
    assert max(lists.values()) <= LISTS_WITHOUT_SESSION_WRITE + 1, lists
    assert requests["hand"]["queries"] <= HAND_WITHOUT_SESSION_WRITE + 1
