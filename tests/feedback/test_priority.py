"""Who is read next: the rules alone, without a database."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from feedback.priority import (
    Grade,
    Limits,
    Segment,
    duration_words,
    grade_of,
    hand_of,
    is_overdue,
    segment_of,
    why_here,
)

NOW = datetime(2026, 11, 22, 12, 0)
LIMITS = Limits(wait=timedelta(hours=4), guard_every=4)


def grade(**facts: Any) -> Grade:
    return grade_of(
        **{"analysis_state": "analysed", "analysis_reason": "", "triage_class": "", "signed": False, **facts}
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"triage_class": "urgent"}, Grade.URGENT),
        ({"triage_class": "flagged"}, Grade.FLAGGED),
        ({"triage_class": "normal"}, Grade.IN_ORDER),
        ({"analysis_state": "waiting"}, Grade.IN_ORDER),
        ({"analysis_state": "not_analysed", "analysis_reason": "no_model: None is routed."}, Grade.UNJUDGED),
        ({"analysis_state": "not_analysed", "analysis_reason": "unfamiliar: a person must read it"}, Grade.UNJUDGED),
        ({"analysis_state": "cancelled"}, Grade.UNJUDGED),
        ({"analysis_state": "not_analysed", "analysis_reason": "wrong_body_part: a hand"}, Grade.ADMINISTRATIVE),
        ({"analysis_state": "not_analysed", "analysis_reason": "colour: a photograph"}, Grade.ADMINISTRATIVE),
        ({"analysis_state": "not_analysed", "analysis_reason": "blank: one grey value"}, Grade.ADMINISTRATIVE),
        ({"analysis_state": "needs_human", "analysis_reason": "pipeline_failed: x"}, Grade.ADMINISTRATIVE),
        ({"analysis_state": "needs_human", "triage_class": "urgent"}, Grade.URGENT),
        ({"analysis_state": "needs_human", "triage_class": "urgent", "signed": True}, Grade.READ),
    ],
)
def test_where_a_study_stands(facts: dict[str, Any], expected: Grade) -> None:
    assert grade(**facts) == expected


@pytest.mark.parametrize(
    ("standing", "hours", "expected"),
    [
        (Grade.URGENT, 9, Segment.URGENT),
        (Grade.FLAGGED, 5, Segment.OVERDUE),
        (Grade.UNJUDGED, 5, Segment.OVERDUE),
        (Grade.IN_ORDER, 5, Segment.OVERDUE),
        (Grade.IN_ORDER, 3, Segment.IN_ORDER),
        (Grade.ADMINISTRATIVE, 9, Segment.ADMINISTRATIVE),
        (Grade.READ, 9, Segment.READ),
    ],
)
def test_waiting_past_the_limit_moves_up_what_is_to_be_read(standing: Grade, hours: int, expected: Segment) -> None:
    assert segment_of(standing, NOW - timedelta(hours=hours), now=NOW, limits=LIMITS) == expected


def test_where_readers_are_blind_what_the_models_raised_moves_nothing() -> None:
    recent, old = NOW - timedelta(hours=1), NOW - timedelta(hours=5)
    recently = {segment_of(one, recent, now=NOW, limits=LIMITS, blind_first=True) for one in (0, 1, 3)}
    assert recently == {Segment.IN_ORDER}
    assert segment_of(Grade.URGENT, old, now=NOW, limits=LIMITS, blind_first=True) == Segment.OVERDUE


def test_urgent_studies_are_overdue_too_but_nothing_that_is_read() -> None:
    old = NOW - timedelta(hours=5)
    assert is_overdue(Grade.URGENT, old, now=NOW, limits=LIMITS)
    assert not is_overdue(Grade.READ, old, now=NOW, limits=LIMITS)


def test_every_fourth_is_the_longest_waiting_past_its_limit_while_urgent_ones_keep_coming() -> None:
    urgent, overdue = [f"u{number}" for number in range(9)], ["o0", "o1", "o2"]
    hand, since = hand_of(urgent, overdue, ["r0"], size=8, since_overdue=0, guard_every=4)
    assert hand == ["u0", "u1", "u2", "o0", "u3", "u4", "u5", "o1"] and since == 0


def test_the_count_goes_on_from_hand_to_hand() -> None:
    urgent, overdue, order, since = [f"u{number}" for number in range(9)], ["o0", "o1"], [], 0
    for _ in range(6):
        (item, *_), since = hand_of(urgent, overdue, [], size=1, since_overdue=since, guard_every=3)
        (overdue if item in overdue else urgent).remove(item)
        order.append(item)
    assert order == ["u0", "u1", "o0", "u2", "u3", "o1"]


def test_without_urgent_studies_what_is_overdue_comes_first_and_then_the_rest() -> None:
    hand, since = hand_of([], ["o0", "o1"], ["r0", "r1"], size=9, since_overdue=2, guard_every=4)
    assert (hand, since) == (["o0", "o1", "r0", "r1"], 2)


def test_an_empty_list_gives_an_empty_hand() -> None:
    assert hand_of([], [], [], size=4, since_overdue=3, guard_every=4) == ([], 3)


@pytest.mark.parametrize(
    ("segment", "state", "reason", "words"),
    [
        (Segment.URGENT, "analysed", "", "urgent finding"),
        (Segment.FLAGGED, "analysed", "", "flagged finding"),
        (Segment.OVERDUE, "analysed", "", "waited 5 h 10 min, past the limit of 4 h"),
        (Segment.UNJUDGED, "not_analysed", "no_model: none", "no model judged it"),
        (Segment.IN_ORDER, "analysed", "", "in order of arrival"),
        (Segment.ADMINISTRATIVE, "not_analysed", "cropped: a part", "only part of the film"),
        (Segment.ADMINISTRATIVE, "needs_human", "pipeline_failed: x", "a model failed: needs a human"),
        (Segment.READ, "analysed", "", "read"),
    ],
)
def test_a_place_says_why(segment: Segment, state: str, reason: str, words: str) -> None:
    waited = timedelta(hours=5, minutes=10)
    assert why_here(segment, analysis_state=state, analysis_reason=reason, waited=waited, limits=LIMITS) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(days=3, hours=2, minutes=5), "3 d 2 h"),
        (timedelta(days=1), "1 d"),
    ],
)
def test_durations_have_two_units_at_most(span: timedelta, words: str) -> None:
    assert duration_words(span) == words
