"""Which reasons of an analysis may be told while the machine's output is withheld: every one has been decided on."""

import re
from pathlib import Path

import numpy as np
import pytest

import imaging
from feedback.priority import ADMINISTRATIVE_CODES
from imaging.disclosure import MACHINES_REASONS, NOT_READ, OPERATIONAL_REASONS, REASONS_RETOLD, reason_before_commit
from imaging.pipeline.guard import unclear_reason
from imaging.pipeline.quality import unusable_reason
from imaging.pipeline.values import Frame
from imaging.services.standing import unseen_reason

SOURCES = ("pipeline/quality.py", "pipeline/guard.py", "services/standing.py", "services/volumes.py")
SAYS_HOW_SURE = re.compile(r"probability|distance|[0-9]\.[0-9]|looks like")


def codes_in_the_code() -> set[str]:
    """Of every text literal that begins like a reason."""
    folder = Path(imaging.__file__).parent
    texts = [(folder / source).read_text() for source in SOURCES]
    return {code for text in texts for code in re.findall(r'"([a-z_]+): [A-Za-z]', text)}


def test_every_reason_in_the_code_has_been_decided_on() -> None:
    known = OPERATIONAL_REASONS | set(REASONS_RETOLD) | MACHINES_REASONS | {"partly"}
    found = codes_in_the_code()
    assert len(found) > 10 and found <= known


def test_no_code_stands_in_two_lists() -> None:
    lists = (OPERATIONAL_REASONS, frozenset(REASONS_RETOLD), MACHINES_REASONS)
    assert sum(map(len, lists)) == len(frozenset.union(*lists))


def test_whatever_puts_a_study_into_the_administrative_lane_is_told_by_its_code() -> None:
    for code in ADMINISTRATIVE_CODES:
        assert reason_before_commit("not_analysed", f"{code}: a sentence").partition(":")[0] == code


@pytest.mark.parametrize(
    "reason",
    [
        unusable_reason(Frame(np.zeros((100, 100), np.float32))),
        unusable_reason(Frame(np.zeros((20, 100), np.float32))),
        unseen_reason(""),
        unseen_reason("chest"),
    ],
    ids=["blank", "too_small", "case_type_unknown", "no_model"],
)
def test_what_no_network_had_a_say_in_is_told_as_it_is(reason: str) -> None:
    assert reason_before_commit("not_analysed", reason) == reason


@pytest.mark.parametrize("code", sorted(REASONS_RETOLD))
def test_what_the_input_checks_refuse_says_what_to_do_and_not_how_sure_a_network_is(code: str) -> None:
    said = (
        f"{code}: the image was sent as a chest film and looks like a hand film (probability 0.87); send the right one"
    )
    told = reason_before_commit("not_analysed", said)
    assert told.startswith(f"{code}: ") and "hand" not in told and not SAYS_HOW_SURE.search(told)


def test_that_a_film_is_unlike_the_training_films_is_the_machines_word() -> None:
    said = "unfamiliar: the image is unlike those the model was trained on (distance 812, ...); a person must read it"
    assert reason_before_commit("not_analysed", said) == NOT_READ


def test_how_the_models_turned_a_film_before_they_read_it_is_not_told() -> None:
    assert reason_before_commit("analysed", "corrected: turned by 180 degrees before reading") == ""


def test_of_a_part_the_count_is_told_and_its_reason_by_the_same_rule() -> None:
    head = "partly: 2 of 3 images were not analysed."
    assert reason_before_commit("analysed", f"{head} unfamiliar: distance 9") == f"{head} {NOT_READ}"
    assert reason_before_commit("analysed", f"{head} {unclear_reason()}").startswith(f"{head} orientation_unclear: ")


def test_a_failure_is_told_by_its_code_without_its_sentence() -> None:
    told = reason_before_commit("needs_human", "out_of_memory: zebra. Given up after 3 attempts.")
    assert told.startswith("out_of_memory: ") and "zebra" not in told
    assert reason_before_commit("needs_human", "a zebra was seen").startswith("failed: ")


@pytest.mark.parametrize("state", ["analysed", "not_analysed", "waiting", "cancelled"])
def test_a_reason_that_nobody_has_decided_on_is_withheld(state: str) -> None:
    assert "zebra" not in reason_before_commit(state, "new_code: a zebra was seen")


@pytest.mark.parametrize("state", ["analysed", "waiting", "not_analysed"])
def test_nothing_stays_nothing(state: str) -> None:
    assert reason_before_commit(state, "") == ""
