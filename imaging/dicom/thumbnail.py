"""The small square of mean grey values that a film is known again by; made in the decode child, where pixels are."""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

SIDE = 48
Small = NDArray[np.uint8]


def thumbnail(grey: NDArray[np.float32]) -> Small:
    """Mean grey values of a frame in SIDE x SIDE fields, its proportions given up: uint8 (48, 48).

    Args:
        grey: float32 (rows, columns) in [0, 1] as displayed, at least one pixel.
    """
    rows, columns = (_edges(size) for size in grey.shape)
    sums = np.add.reduceat(np.add.reduceat(grey, rows, axis=0, dtype=np.float64), columns, axis=1)
    counts = np.outer(_widths(rows, grey.shape[0]), _widths(columns, grey.shape[1]))
    return np.rint(np.clip(sums / counts, 0.0, 1.0) * 255).astype(np.uint8)


def thumbnail_text(small: Small) -> str:
    """Base64, as it travels and as it is encrypted."""
    return base64.b64encode(small.tobytes()).decode("ascii")


def thumbnail_read(text: str) -> Small | None:
    """The thumbnail of a text; None when it is none: empty, damaged, or of another size."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return np.frombuffer(data, np.uint8).reshape(SIDE, SIDE) if len(data) == SIDE * SIDE else None


def _edges(size: int) -> NDArray[np.intp]:
    """Where each field begins; the fields of a frame with fewer pixels than fields share pixels."""
    return np.arange(SIDE) * size // SIDE


def _widths(edges: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    return np.maximum(np.diff(np.append(edges, size)), 1)
