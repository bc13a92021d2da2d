"""Small values: confidential, authentic, and bound to where they stand."""

import pickle
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.crypto.aead import Aead, derive_key, keyed_digest, length_prefixed, random_key
from accounts.crypto.columns import ColumnPlace, ScopeKey, decrypt_column, encrypt_column, key_version_of
from accounts.crypto.envelope import (
    ProvidedWrap,
    key_purpose,
    object_key_purpose,
    unwrap_key,
    wrap_key,
    wrapping_version,
)
from accounts.errors import IntegrityBroken

KEY = bytes(range(32))
PLACE = ColumnPlace(organisation_id=UUID(int=1), table="imaging_patient", column="name", row_id=UUID(int=2))


@given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
def test_length_prefixed_lists_are_equal_only_when_their_parts_are(one: list[bytes], two: list[bytes]) -> None:
    assert (length_prefixed(*one) == length_prefixed(*two)) == (one == two)


@given(st.binary(max_size=200), st.binary(max_size=40), st.data())
@settings(max_examples=60)
def test_a_changed_bit_or_context_is_refused(plaintext: bytes, context: bytes, data: st.DataObject) -> None:
    cipher = Aead(KEY)
    ciphertext = cipher.encrypt(plaintext, context)
    assert cipher.decrypt(ciphertext, context) == plaintext
    changed = bytearray(ciphertext)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for attempt in (
        (bytes(changed), context),
        (ciphertext, context + b"x"),
        (ciphertext[:-1], context),
        (b"", context),
    ):
        with pytest.raises(IntegrityBroken):
            cipher.decrypt(*attempt)


def test_nonces_do_not_repeat_in_a_hundred_thousand_encryptions() -> None:
    cipher = Aead(KEY)
    assert len({cipher.encrypt(b"", b"")[:12] for _ in range(100_000)}) == 100_000


def test_a_cipher_shows_no_key_and_cannot_be_pickled() -> None:
    cipher = Aead(KEY)
    assert KEY.hex() not in repr(cipher) and repr(KEY) not in repr(cipher)
    assert KEY.hex() not in repr(ScopeKey(1, KEY)) and repr(KEY) not in repr(ScopeKey(1, KEY))
    with pytest.raises(TypeError):
        pickle.dumps(cipher)


def test_derived_keys_differ_by_label_and_by_key() -> None:
    derived = {derive_key(KEY, "field"), derive_key(KEY, "wrap"), derive_key(random_key(), "field"), KEY}
    assert len(derived) == 4


def test_derivation_and_digest_are_frozen() -> None:
    """Stored data depends on these: a change of either is a data loss."""
    assert derive_key(KEY, "field").hex() == "4c1cfd98ad6556af4bde761aaad67f97a76241c27da8ec99a0924ba253ad472c"
    assert keyed_digest(KEY, b"value") == "864b4c7a15be9448736988ee5390bcdd2944f1a49edd4773ee7269e663a299cf"


@given(st.text(max_size=300))
@settings(max_examples=60)
def test_a_column_value_comes_back_and_its_length_is_hidden_in_steps(text: str) -> None:
    stored = encrypt_column(text, cipher=Aead(KEY), key_version=7, place=PLACE)
    assert decrypt_column(stored, cipher=Aead(KEY), place=PLACE) == text
    assert key_version_of(stored) == 7
    padded = len(stored) - 5 - 12 - 16
    assert padded in (32, 64) or padded % 128 == 0


@pytest.mark.parametrize(
    "other",
    [
        ColumnPlace(UUID(int=9), PLACE.table, PLACE.column, PLACE.row_id),
        ColumnPlace(PLACE.organisation_id, "imaging_study", PLACE.column, PLACE.row_id),
        ColumnPlace(PLACE.organisation_id, PLACE.table, "birth_date", PLACE.row_id),
        ColumnPlace(PLACE.organisation_id, PLACE.table, PLACE.column, UUID(int=9)),
    ],
    ids=["organisation", "table", "column", "row"],
)
def test_a_column_value_opens_at_no_other_place(other: ColumnPlace) -> None:
    stored = encrypt_column("ZZCANARY", cipher=Aead(KEY), key_version=1, place=PLACE)
    with pytest.raises(IntegrityBroken):
        decrypt_column(stored, cipher=Aead(KEY), place=other)


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x02" + bytes(60), b"\x01" + bytes(60)])
def test_bytes_that_are_no_column_value_are_refused(stored: bytes) -> None:
    with pytest.raises(IntegrityBroken):
        decrypt_column(stored, cipher=Aead(KEY), place=PLACE)


def test_a_key_version_that_was_rewritten_is_refused() -> None:
    stored = bytearray(encrypt_column("text", cipher=Aead(KEY), key_version=1, place=PLACE))
    stored[4] = 2
    with pytest.raises(IntegrityBroken):
        decrypt_column(bytes(stored), cipher=Aead(KEY), place=PLACE)


def test_a_wrapped_key_opens_only_for_its_purpose_and_under_its_key() -> None:
    organisation, patient, thing = uuid4(), uuid4(), uuid4()
    purpose = object_key_purpose(organisation_id=organisation, patient_ref=patient, object_id=thing, kind="original")
    quarantine = object_key_purpose(organisation_id=organisation, patient_ref=None, object_id=thing, kind="original")
    wrapped = wrap_key(KEY, under=bytes(32), under_version=3, purpose=purpose)
    assert unwrap_key(wrapped, under=bytes(32), purpose=purpose) == KEY
    assert wrapping_version(wrapped) == 3
    for under, what in ((bytes(32), quarantine), (KEY, purpose)):
        with pytest.raises(IntegrityBroken):
            unwrap_key(wrapped, under=under, purpose=what)


def test_a_provided_wrap_survives_its_own_bytes_and_refuses_others() -> None:
    wrap = ProvidedWrap(provider="file", key_version=2, ciphertext=b"c" * 60)
    assert ProvidedWrap.from_bytes(wrap.to_bytes()) == wrap
    for broken in (b"", b"\x03", b"\x02" + wrap.to_bytes()[1:], wrap.to_bytes()[:7]):
        with pytest.raises(IntegrityBroken):
            ProvidedWrap.from_bytes(broken)


def test_purposes_of_different_keys_differ() -> None:
    one, two = uuid4(), uuid4()
    purposes = {
        key_purpose("patient", organisation_id=one, owner_id=two, version=1),
        key_purpose("patient", organisation_id=two, owner_id=one, version=1),
        key_purpose("data", organisation_id=one, owner_id=two, version=1),
        key_purpose("patient", organisation_id=one, owner_id=two, version=2),
    }
    assert len(purposes) == 4
