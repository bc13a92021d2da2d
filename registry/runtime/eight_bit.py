"""Weights in eight bits: whole numbers from -127 to 127 and one float16 scale a row of the first dimension.

What a row is, a network decides: for convolutions and linear layers it is everything that makes one output channel, so
that channels of very different size (BatchNorm folded into them) do not share a step. Pure NumPy.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from registry.runtime.errors import ArtefactMalformed

SCALE = ".scale"
MOST = 127
FEWEST_VALUES = 4096
"""Smaller tensors stay in float16: all of a network's together are some kilobytes, first and last layers among them."""

Tensors = dict[str, NDArray[np.generic]]


def worth_eight_bits(name: str, tensor: NDArray[np.generic], names: Iterable[str]) -> bool:
    """Whether a tensor is stored as rows of eight bits: floats, two dimensions or more, FEWEST_VALUES or more.

    One whose scale would have the name of another tensor is not.
    """
    large = tensor.ndim >= 2 and tensor.size >= FEWEST_VALUES
    return large and tensor.dtype.kind == "f" and name + SCALE not in names


def rows_to_eight_bits(tensor: NDArray[np.generic]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Values int8 of the tensor's shape, and scales float16 (rows,) with values * scale nearest to the tensor.

    The scale is rounded up to the next float16, never down, so that the largest value of a row needs no clipping: no
    value is off by more than half its row's scale. A row of zeros has the scale 0.

    Raises:
        ArtefactMalformed: a value is not finite, or too large for a float16 scale.
    """
    rows = np.asarray(tensor, dtype=np.float64).reshape(len(tensor), -1)
    needed = np.abs(rows).max(axis=1) / MOST
    if not (needed <= np.finfo(np.float16).max).all():
        raise ArtefactMalformed("A weight of the network is not finite or too large to store in eight bits.")
    scales = needed.astype(np.float16)
    low = scales.astype(np.float64) < needed
    scales[low] = np.nextafter(scales[low], np.float16(np.inf))
    steps = np.where(scales > 0, scales, 1).astype(np.float64)
    values = np.rint(rows / steps[:, None]).astype(np.int8)
    return values.reshape(tensor.shape), scales


def rows_from_eight_bits(values: NDArray[np.generic], scales: NDArray[np.generic]) -> NDArray[np.float32]:
    """values * scale, float32 of the values' shape."""
    steps = scales.astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
    return values.astype(np.float32) * steps


def eight_bits_restored(stored: Mapping[str, NDArray[np.generic]]) -> Tensors:
    """The tensors of a file with every int8 one replaced by its weights, and without the scales.

    Raises:
        ArtefactMalformed: an int8 tensor without rows, without a scale, or with one that is not float16, not one number
            a row, not finite or negative.
    """
    rows = {name: values for name, values in stored.items() if values.dtype == np.int8}
    scales = {name + SCALE for name in rows}
    restored = {name: tensor for name, tensor in stored.items() if name not in rows and name not in scales}
    for name, values in rows.items():
        restored[name] = rows_from_eight_bits(values, _scales_of(values, stored.get(name + SCALE)))
    return restored


def _scales_of(values: NDArray[np.generic], scales: NDArray[np.generic] | None) -> NDArray[np.generic]:
    if scales is None or scales.dtype != np.float16 or values.ndim < 2 or scales.shape != values.shape[:1]:
        raise ArtefactMalformed("The model's file has weights in eight bits without one scale a row.")
    if not (np.isfinite(steps := scales.astype(np.float32)) & (steps >= 0)).all():
        raise ArtefactMalformed("The model's file has weights in eight bits whose scale is no finite number above 0.")
    return scales
