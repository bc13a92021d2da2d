"""Heatmaps as stored: all that one model made of one frame in one float16 array, small enough to keep for years."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accounts.errors import IntegrityBroken
from imaging.pipeline.values import Heatmap

# Maps are bilinear between a few dozen cells a side: 256 pixels lose nothing that a 1024 pixel map has.
LONGEST_SIDE = 256


def heatmaps_pack(heatmaps: Sequence[Heatmap]) -> bytes:
    """A .npy file, float16 (n, height, width), long side <= 256, each map covering the whole frame.

    Args:
        heatmaps: at least one, all of one frame and so of one size.
    """
    stack = np.stack([_reduced(heatmap.contributions) for heatmap in heatmaps])
    stream = io.BytesIO()
    np.save(stream, stack.astype(np.float16), allow_pickle=False)
    return stream.getvalue()


def heatmap_unpack(data: bytes, index: int) -> Heatmap:
    """One map of heatmaps_pack.

    Raises:
        IntegrityBroken: not such a file, or it has no such map.
    """
    try:
        stack = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise IntegrityBroken("A stored heatmap cannot be read.") from error
    if not isinstance(stack, np.ndarray) or stack.ndim != 3 or stack.dtype != np.float16 or not 0 <= index < len(stack):
        raise IntegrityBroken("A stored heatmap cannot be read.")
    return Heatmap(contributions=stack[index].astype(np.float32))


def _reduced(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (height, width) -> long side <= LONGEST_SIDE; linear between pixel centres, the same extent."""
    height, width = values.shape
    shrink = min(1.0, LONGEST_SIDE / max(height, width))
    rows, columns = max(1, round(height * shrink)), max(1, round(width * shrink))
    return _sampled(_sampled(values, rows).T, columns).T


def _sampled(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Along the first axis, `count` positions evenly over it."""
    length = values.shape[0]
    if count == length:
        return values
    position = np.clip((np.arange(count) + 0.5) * length / count - 0.5, 0, length - 1)
    lower = np.minimum(position.astype(np.intp), max(0, length - 2))
    fraction = (position - lower).astype(np.float32)[:, None]
    upper = np.minimum(lower + 1, length - 1)
    return values[lower] * (1 - fraction) + values[upper] * fraction
