"""Every page is a few ranges of indexes, on whichever database the tests run: no table is read through, nothing sorted
but the few rows that were found.
"""

import json
import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from feedback.worklist_filter import LANES, WorklistFilter
from feedback.worklist_places import places_with
from feedback.worklist_ranges import Listing, Position
from feedback.worklist_sql import Fragment

pytestmark = pytest.mark.django_db

FILTERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "triage": {"triage": "urgent"},
    "state": {"state": "waiting"},
    "case type": {"case_type": "chest"},
    "claim": {"claim": "with"},
    "from": {"date_from": date(2026, 11, 1)},
    "until": {"date_to": date(2026, 11, 1)},
    "model version": {"model_version": uuid4()},
    "disagreement": {"disagreement": True},
    "mine": {"mine": True},
}
INDEX_OF = {
    ("to_read", "plain"): "entry_order",
    ("to_read", "triage"): "entry_triage",
    ("to_read", "state"): "entry_state",
    ("to_read", "case type"): "entry_case_type",
    ("to_read", "model version"): "facet_order",
    ("to_read", "mine"): "facet_order",
    ("administrative", "plain"): "entry_order",
    ("mine", "plain"): "facet_order",
    ("second_reads", "plain"): "entry_second",
    ("second_reads", "case type"): "entry_second_case_type",
    ("disagree", "plain"): "entry_disagree",
    ("disagree", "case type"): "entry_disagree_case_type",
    ("claims", "plain"): "entry_claim",
    ("claims", "case type"): "entry_claim_case_type",
    ("read_today", "plain"): "entry_signed",
    ("all", "plain"): "entry_order",
    ("all", "case type"): "entry_case_type",
}


@pytest.fixture
def branches_of(reader: Any) -> Any:
    """branches_of(after, **wanted): the statements of a page, one a range."""

    def made(after: Position | None = None, **wanted: Any) -> list[Fragment]:
        places, now = places_with(reader, "view_study"), timezone.now()
        return Listing(reader, WorklistFilter(**wanted), places, now).branches(size=51, after=after)

    return made


def plan_of(fragment: Fragment) -> list[str]:
    """The steps of the plan that touch tables, in the database's words. PostgreSQL is kept from choosing to read
    through a table only because it is empty."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {fragment.sql}", fragment.params)
            return [row[3] for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {fragment.sql}", fragment.params)
        (plan,) = cursor.fetchone()
        return list(_nodes((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Any:
    yield f"{node['Node Type']} {node.get('Index Name', '')} {node.get('Index Cond', '')}"
    for inner in node.get("Plans", []):
        yield from _nodes(inner)


def reads_through(step: str) -> bool:
    return step.startswith(("SCAN", "Seq Scan"))


def sorts(step: str) -> bool:
    return "TEMP B-TREE" in step or step.startswith(("Sort", "Incremental Sort"))


@pytest.mark.parametrize("lane", LANES)
def test_no_page_reads_a_table_through_and_no_range_is_sorted(branches_of: Any, lane: str) -> None:
    """But of what was read today: one day is put in order, as long as a day however long the list is."""
    for filtered, given in FILTERS.items():
        steps = [step for fragment in branches_of(lane=lane, **given) for step in plan_of(fragment)]
        assert not [step for step in steps if reads_through(step)], filtered
        assert lane == "read_today" or not [step for step in steps if sorts(step)], filtered


def test_a_range_is_of_the_index_that_was_made_for_it(branches_of: Any) -> None:
    for (lane, filtered), index in INDEX_OF.items():
        for fragment in branches_of(lane=lane, **FILTERS[filtered]):
            leading = next(step for step in plan_of(fragment) if "index" in step.lower())
            assert f"{index} " in f"{leading} ", (lane, filtered, leading)


def test_a_page_begins_in_the_index_where_the_last_one_ended(branches_of: Any) -> None:
    now = timezone.now()
    for lane, segment in (("to_read", 4), ("all", 4), ("disagree", 6)):
        first = branches_of(Position(segment, now - timedelta(hours=1), 7, now), lane=lane)[0]
        leading = next(step for step in plan_of(first) if "index" in step.lower())
        assert re.search(r"received_at ?[<>]", leading), leading
