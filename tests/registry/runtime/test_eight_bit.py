import numpy as np
import pytest

from registry.runtime.eight_bit import (
    eight_bits_restored,
    rows_from_eight_bits,
    rows_to_eight_bits,
    worth_eight_bits,
)
from registry.runtime.errors import ArtefactMalformed

VALUES, SCALES = np.full((2, 3), 5, np.int8), np.array([0.5, 2.0], np.float16)


@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-3, 1.0, 1e3])
def test_no_weight_is_off_by_more_than_half_a_step_of_its_own_row(size):
    rows = np.random.default_rng(3).normal(size=(64, 9, 7)) * size * np.logspace(-2, 2, 64)[:, None, None]
    values, scales = rows_to_eight_bits(rows)
    assert (values.dtype, values.shape, scales.dtype, scales.shape) == (np.int8, rows.shape, np.float16, (64,))
    steps = scales.astype(np.float64)
    off = np.abs(values.astype(np.float64) * steps[:, None, None] - rows).reshape(64, -1).max(axis=1)
    assert (off <= steps / 2 * (1 + 1e-9)).all()
    largest = np.abs(rows).reshape(64, -1).max(axis=1)
    assert (steps <= np.maximum(largest / 127 * (1 + 2**-10), largest / 127 + 2**-24)).all()


def test_the_largest_weight_of_a_row_is_never_clipped():
    rows = np.random.default_rng(4).normal(size=(200, 40)).astype(np.float32)
    values, _ = rows_to_eight_bits(rows)
    assert set(np.abs(values.astype(int)).max(axis=1)) <= {126, 127}


def test_rows_of_zeros_come_back_as_zeros():
    rows = np.zeros((3, 4), np.float32)
    rows[1] = [1.0, -127.0, 0.0, 64.0]
    values, scales = rows_to_eight_bits(rows)
    np.testing.assert_array_equal(scales, np.array([0.0, 1.0, 0.0], np.float16))
    np.testing.assert_array_equal(rows_from_eight_bits(values, scales), rows)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e7])
def test_weights_that_no_scale_reaches_are_refused(bad):
    rows = np.ones((2, 3))
    rows[1, 2] = bad
    with pytest.raises(ArtefactMalformed):
        rows_to_eight_bits(rows)


@pytest.mark.parametrize(
    ("tensor", "names", "worth"),
    [
        (np.zeros((2, 2048), np.float32), (), True),
        (np.zeros((2, 2047), np.float32), (), False),
        (np.zeros(9000, np.float32), (), False),
        (np.zeros((64, 64), np.int64), (), False),
        (np.zeros((64, 64), np.float16), ("w.scale",), False),
    ],
)
def test_large_matrices_of_floats_are_worth_eight_bits(tensor, names, worth):
    assert worth_eight_bits("w", tensor, names) is worth


def test_a_tensor_that_only_sounds_like_a_scale_stays():
    kept = {"norm.scale": np.ones(3, np.float16), "norm": np.ones((2, 2), np.float16)}
    assert eight_bits_restored(kept) == kept


@pytest.mark.parametrize(
    "scales",
    [
        None,
        SCALES.astype(np.float32),
        SCALES[:1],
        SCALES[:, None],
        np.array([0.5, np.nan], np.float16),
        np.array([0.5, np.inf], np.float16),
        np.array([0.5, -1.0], np.float16),
    ],
)
def test_eight_bits_without_a_usable_scale_a_row_are_refused(scales):
    stored = {"w": VALUES, "w.scale": SCALES}
    assert eight_bits_restored(stored)["w"].tolist() == [[2.5] * 3, [10.0] * 3]
    bad = {"w": VALUES} if scales is None else {"w": VALUES, "w.scale": scales}
    with pytest.raises(ArtefactMalformed):
        eight_bits_restored(bad)


def test_eight_bits_without_rows_are_refused():
    with pytest.raises(ArtefactMalformed):
        eight_bits_restored({"w": np.zeros((), np.int8), "w.scale": np.ones((), np.float16)})
