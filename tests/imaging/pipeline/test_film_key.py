"""Behind a key distances stay, and nothing else does."""

import numpy as np
import pytest

from imaging.pipeline.film_hash import BITS
from imaging.pipeline.film_key import BAND_BITS, BANDS, FilmKey, form_distances, packed, unpacked

KEY, OTHER = FilmKey.derived(b"k" * 32), FilmKey.derived(b"l" * 32)


def spectra(count, seed=1):
    return np.random.default_rng(seed).normal(size=(count, BITS)).astype(np.float32)


def test_distances_stay_what_they_were():
    one, two = spectra(2)
    plain = int(((one > 0) != (two > 0)).sum())
    assert form_distances(KEY.keyed(one)[None], packed(KEY.keyed(two))).tolist() == [plain]


def test_the_key_opens_what_it_closed():
    (one,) = spectra(1)
    assert np.array_equal(KEY.opened(unpacked(packed(KEY.keyed(one)))), one > 0)


def test_the_order_is_a_permutation_and_the_key_the_same_every_time():
    assert sorted(KEY.order.tolist()) == list(range(BITS))
    assert np.array_equal(KEY.order, FilmKey.derived(b"k" * 32).order)
    assert 90 < int((KEY.signs < 0).sum()) < 166


def test_bits_of_two_keys_tell_nothing_of_each_other():
    many = spectra(200)
    ours = np.stack([unpacked(packed(KEY.keyed(one))) for one in many])
    theirs = np.stack([unpacked(packed(OTHER.keyed(one))) for one in many])
    assert (ours != theirs).mean() == pytest.approx(0.5, abs=0.02)
    assert not set(KEY.bands(KEY.keyed(many[0]))) & set(OTHER.bands(OTHER.keyed(many[0])))


def test_bands_are_runs_of_the_stored_bits_behind_marks():
    (one,) = spectra(1)
    bits = unpacked(packed(KEY.keyed(one)))
    for number, value in enumerate(KEY.bands(KEY.keyed(one))):
        run = bits[number * BAND_BITS : (number + 1) * BAND_BITS]
        assert value & (2**BAND_BITS - 1) == int("".join("1" if bit else "0" for bit in run), 2)
        assert 0 <= value < 2**63


def test_a_film_is_asked_for_under_its_own_numbers_and_its_likeliest_errors():
    (one,) = spectra(1)
    keyed = KEY.keyed(one)
    wrong = keyed.copy()
    wrong[int(np.abs(keyed[:BAND_BITS]).argmin())] *= -1
    asked = KEY.probes(keyed[None])
    assert len(asked) == BANDS and all(len(numbers) == 5 for numbers in asked)
    assert KEY.bands(keyed)[0] in asked[0] and KEY.bands(wrong)[0] in asked[0]


def test_a_key_shows_nothing_of_itself():
    assert repr(KEY) == "FilmKey(masked)"
