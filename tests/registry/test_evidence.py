"""Evaluation documents are whole, or they are refused."""

from types import SimpleNamespace
from typing import Any

import pytest

from registry.errors import EvaluationInvalid
from registry.evidence import SIZE_LIMIT_BYTES, evaluation_decode, evaluation_parse
from tests.registry.evaluation_samples import PASSING, make_evaluation

VERSION = SimpleNamespace(name="chest-lite0", version="2.0.0", sha256="b" * 64, case_types=["chest"])


def test_the_facts_of_a_whole_document_are_read() -> None:
    facts = evaluation_parse(make_evaluation(VERSION))
    assert (facts.model_name, facts.dataset, facts.split, facts.n_images) == ("chest-lite0", "phantoms", "val", 212)
    assert facts.summary["urgent_normal_auc"] == {"value": 0.95, "low": 0.92, "high": 0.97}
    assert facts.pointing == PASSING
    assert facts.measured_at.isoformat() == "2026-11-22T03:00:00+00:00"


def test_the_digest_follows_the_content_and_not_the_order_of_keys() -> None:
    document = make_evaluation(VERSION)
    turned = dict(reversed(document.items()))
    assert evaluation_parse(turned).sha256 == evaluation_parse(document).sha256
    assert evaluation_parse({**document, "software": "other"}).sha256 != evaluation_parse(document).sha256


def test_a_time_without_a_zone_is_utc() -> None:
    assert evaluation_parse(make_evaluation(VERSION, created="2026-11-22T03:00:00")).measured_at.tzinfo is not None


def test_a_pointing_game_over_nothing_is_none() -> None:
    assert evaluation_parse(make_evaluation(VERSION, pointing={**PASSING, "n": 0})).pointing is None


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"model": {"name": "x", "version": "1"}},
        {"model": None},
        {"case_type": ""},
        {"dataset": {"name": "x", "split": "val", "digest": "a" * 64, "n_images": -1}},
        {"dataset": {"name": "x", "split": "val", "digest": "a" * 64, "n_images": True}},
        {"created": "yesterday"},
        {"summary": {"auc": 0.9}},
        {"summary": {"auc": {"value": float("nan")}}},
        {"summary": {"auc": {"value": "0.9"}}},
        {"pointing": {"n": 3}},
        {"pointing": [0.5]},
        {"pointing": {**PASSING, "hit_rate": 1.5}},
        {"sections": {"auc": float("inf")}},
    ],
    ids=str,
)
def test_what_is_missing_or_wrong_is_named(changes: dict[str, Any]) -> None:
    with pytest.raises(EvaluationInvalid):
        evaluation_parse(make_evaluation(VERSION, **changes))


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b"[" * 100_000, b" " * (SIZE_LIMIT_BYTES + 1)], ids=len)
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    with pytest.raises(EvaluationInvalid):
        evaluation_decode(data)
