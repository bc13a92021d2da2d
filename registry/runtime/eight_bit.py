"""Weights in eight bits: whole numbers from -127 to 127, and one float16 scale a block of about 64 of them.

A row is everything that makes one output channel of a convolution or a linear layer, so channels of very different size
(BatchNorm folded into them) do not share a scale; a row is cut into blocks, so that one large weight does not cost all
the others of its channel. Blocks in place of rows cost 3 % of room. Pure NumPy.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from registry.runtime.errors import ArtefactMalformed

SCALE = ".scale"
MOST = 127
BLOCK = 64
FEWEST_VALUES = 4096
"""Smaller tensors stay in float16: all of a network's together are some kilobytes, first and last layers among them."""

Tensors = dict[str, NDArray[np.generic]]


def worth_eight_bits(name: str, tensor: NDArray[np.generic], names: Iterable[str]) -> bool:
    """Whether a tensor is stored in eight bits: floats, two dimensions or more, FEWEST_VALUES or more.

    One whose scale would have the name of another tensor is not.
    """
    large = tensor.ndim >= 2 and tensor.size >= FEWEST_VALUES
    return large and tensor.dtype.kind == "f" and name + SCALE not in names


def to_eight_bits(tensor: NDArray[np.generic]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Values int8 of the tensor's shape, and scales float16 (rows, blocks) with values * scale nearest to the tensor.

    Every row has the same blocks: as many as hold at most BLOCK values each, all as long as the first but the last.
    A scale is rounded up to the next float16, never down, so that the largest value of a block needs no clipping: no
    value is off by more than half its block's scale. A block of zeros has the scale 0.

    Raises:
        ArtefactMalformed: a value is not finite, or too large for a float16 scale.
    """
    rows = np.asarray(tensor, dtype=np.float64).reshape(len(tensor), -1)
    starts, lengths = _blocks(rows.shape[1], -(-rows.shape[1] // BLOCK))
    needed = np.maximum.reduceat(np.abs(rows), starts, axis=1) / MOST
    if not (needed <= np.finfo(np.float16).max).all():
        raise ArtefactMalformed("A weight of the network is not finite or too large to store in eight bits.")
    scales = needed.astype(np.float16)
    low = scales.astype(np.float64) < needed
    scales[low] = np.nextafter(scales[low], np.float16(np.inf))
    steps = np.where(scales > 0, scales, 1).astype(np.float64)
    values = np.rint(rows / np.repeat(steps, lengths, axis=1)).astype(np.int8)
    return values.reshape(tensor.shape), scales


def from_eight_bits(values: NDArray[np.generic], scales: NDArray[np.generic]) -> NDArray[np.float32]:
    """values * scale, float32 of the values' shape.

    Args:
        values: int8 (rows, ...).
        scales: float16 (rows, blocks); or (rows,), which is one block a row.
    Raises:
        ArtefactMalformed: the blocks do not divide a row, or a scale is not finite or negative.
    """
    rows = values.reshape(len(values), -1).astype(np.float32)
    steps = scales.reshape(len(values), -1).astype(np.float32)
    starts, lengths = _blocks(rows.shape[1], steps.shape[1])
    if len(starts) != steps.shape[1] or not (np.isfinite(steps) & (steps >= 0)).all():
        raise ArtefactMalformed("The model's file has weights in eight bits whose scales do not fit them.")
    return (rows * np.repeat(steps, lengths, axis=1)).reshape(values.shape)


def eight_bits_restored(stored: Mapping[str, NDArray[np.generic]]) -> Tensors:
    """The tensors of a file with every int8 one replaced by its weights, and without the scales.

    Raises:
        ArtefactMalformed: an int8 tensor without rows or without scales, or with scales that are not float16, not as
            many for every row, not finite or negative.
    """
    rows = {name: values for name, values in stored.items() if values.dtype == np.int8}
    scales = {name + SCALE for name in rows}
    restored = {name: tensor for name, tensor in stored.items() if name not in rows and name not in scales}
    for name, values in rows.items():
        restored[name] = from_eight_bits(values, _scales_of(values, stored.get(name + SCALE)))
    return restored


def _blocks(length: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the blocks of a row start, and how long they are; fewer than `count` where the row cannot have so many."""
    longest = -(-length // max(count, 1)) or 1
    starts = np.arange(0, length, longest, dtype=np.int64)
    return starts, np.diff(starts, append=length)


def _scales_of(values: NDArray[np.generic], scales: NDArray[np.generic] | None) -> NDArray[np.generic]:
    known = scales is not None and scales.dtype == np.float16 and scales.ndim in {1, 2} and scales.size > 0
    if scales is None or not known or values.ndim < 2 or values.size == 0 or len(scales) != len(values):
        raise ArtefactMalformed("The model's file has weights in eight bits without the scales that belong to them.")
    return scales
