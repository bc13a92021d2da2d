import numpy as np
import pytest

from registry.runtime.eight_bit import (
    BLOCK,
    eight_bits_restored,
    from_eight_bits,
    to_eight_bits,
    worth_eight_bits,
)
from registry.runtime.errors import ArtefactMalformed

VALUES, SCALES = np.full((2, 3), 5, np.int8), np.array([0.5, 2.0], np.float16)


def blocks_of(rows: np.ndarray, scales: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Every block with its scale, cut slowly: all blocks of a row are as long as the first but the last."""
    flat = rows.reshape(len(rows), -1)
    longest = int(np.ceil(flat.shape[1] / scales.shape[1]))
    return [
        (flat[row, block * longest : (block + 1) * longest], float(scales[row, block]))
        for row in range(len(rows))
        for block in range(scales.shape[1])
    ]


@pytest.mark.parametrize("shape", [(64, 9, 7), (40, 144, 1, 1), (7, 672), (3, 64), (5, 65), (300, 1, 5, 5)])
@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-3, 1.0, 1e3])
def test_no_weight_is_off_by_more_than_half_a_step_of_its_own_block(shape, size):
    rows = np.random.default_rng(3).normal(size=shape)
    rows *= size * np.logspace(-2, 2, len(rows)).reshape(-1, *[1] * (rows.ndim - 1))
    values, scales = to_eight_bits(rows)
    assert (values.dtype, values.shape, scales.dtype) == (np.int8, rows.shape, np.float16)
    assert scales.shape == (len(rows), np.ceil(rows[0].size / BLOCK))
    off = np.abs(from_eight_bits(values, scales).astype(np.float64) - rows)
    for (errors, step), (weights, _) in zip(blocks_of(off, scales), blocks_of(rows, scales), strict=True):
        assert 0 < len(weights) <= BLOCK
        assert errors.max() <= step / 2 * (1 + 1e-5)
        largest = np.abs(weights).max() / 127
        assert largest <= step <= max(largest * (1 + 2**-10), largest + 2**-24)


def test_the_largest_weight_of_a_block_is_never_clipped():
    rows = np.random.default_rng(4).normal(size=(200, 40)).astype(np.float32)
    values, _ = to_eight_bits(rows)
    assert set(np.abs(values.astype(int)).max(axis=1)) <= {126, 127}


def test_one_large_weight_costs_its_own_block_only():
    rows = np.full((1, 4 * BLOCK), 0.01)
    rows[0, 3] = 10.0
    off = np.abs(from_eight_bits(*to_eight_bits(rows)) - rows)
    assert off[0, :BLOCK].max() == pytest.approx(0.01) and off[0, BLOCK:].max() < 1e-5


def test_blocks_of_zeros_come_back_as_zeros():
    rows = np.zeros((3, 4), np.float32)
    rows[1] = [1.0, -127.0, 0.0, 64.0]
    values, scales = to_eight_bits(rows)
    np.testing.assert_array_equal(scales, np.array([[0.0], [1.0], [0.0]], np.float16))
    np.testing.assert_array_equal(from_eight_bits(values, scales), rows)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e7])
def test_weights_that_no_scale_reaches_are_refused(bad):
    rows = np.ones((2, 3))
    rows[1, 2] = bad
    with pytest.raises(ArtefactMalformed):
        to_eight_bits(rows)


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
        SCALES.reshape(2, 1, 1),
        SCALES.repeat(4).reshape(2, 4),
        SCALES.reshape(2, 1)[:, :0],
        np.array([0.5, np.nan], np.float16),
        np.array([0.5, np.inf], np.float16),
        np.array([0.5, -1.0], np.float16),
    ],
)
def test_eight_bits_without_usable_scales_are_refused(scales):
    stored = {"w": VALUES, "w.scale": SCALES}
    assert eight_bits_restored(stored)["w"].tolist() == [[2.5] * 3, [10.0] * 3]
    in_blocks = {"w": VALUES, "w.scale": np.array([[1, 2], [3, 4]], np.float16)}
    assert eight_bits_restored(in_blocks)["w"].tolist() == [[5, 5, 10], [15, 15, 20]]
    bad = {"w": VALUES} if scales is None else {"w": VALUES, "w.scale": scales}
    with pytest.raises(ArtefactMalformed):
        eight_bits_restored(bad)


def test_eight_bits_without_rows_are_refused():
    with pytest.raises(ArtefactMalformed):
        eight_bits_restored({"w": np.zeros((), np.int8), "w.scale": np.ones((), np.float16)})
