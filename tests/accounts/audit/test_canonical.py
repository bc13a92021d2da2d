"""The form that is hashed is frozen: a verifier written today must agree with one written in seven years."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import pytest

from accounts.audit.canonical import canonical_form, leaf_hash

COLUMNS = {
    "form": 1,
    "id": UUID("0193514c-8000-7abc-8def-000000000001"),
    "time": datetime(2026, 11, 21, 23, 0, 0, 123456, tzinfo=UTC),
    "actor_label": "jörg",
    "action": "study.viewed",
    "site_id": None,
    "detail_ct": b"\x01\x02\xff",
}
FORM = (
    b'{"action":"study.viewed","actor_label":"j\\u00f6rg","detail_ct":"0102ff","form":"1",'
    b'"id":"0193514c-8000-7abc-8def-000000000001","site_id":null,"time":"1795302000123456"}'
)


def test_the_form_of_the_test_vector_is_these_bytes() -> None:
    assert canonical_form(COLUMNS) == FORM
    assert canonical_form(dict(reversed(COLUMNS.items()))) == FORM


def test_the_leaf_is_the_leaf_hash_of_rfc_6962() -> None:
    assert leaf_hash(COLUMNS) == hashlib.sha256(b"\x00" + FORM).digest()
    assert leaf_hash(COLUMNS).hex() == "e6efc3d562476a113d305a6a2482081253af5a174598dd9c0ae28906eda68caf"


@pytest.mark.parametrize("name", list(COLUMNS))
def test_every_column_counts(name: str) -> None:
    assert leaf_hash({**COLUMNS, name: "something else"}) != leaf_hash(COLUMNS)


@pytest.mark.parametrize("value", [1.5, True, ["a"], {"a": 1}])
def test_a_value_without_one_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_form({"column": value})
