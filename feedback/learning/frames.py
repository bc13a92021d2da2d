"""Stored files -> grey values, kept in memory as bytes while a run lasts."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.raster import read_raster_frame


def frame_grey(path: Path) -> NDArray[np.float32]:
    """float32 (rows, columns) in [0, 1] of a PNG or JPEG, as serving decodes it.

    Raises:
        RefusedFile: the file is not a usable image.
    """
    return _bytes_of(path).astype(np.float32) / np.float32(255.0)


@lru_cache(maxsize=4096)
def _bytes_of(path: Path) -> NDArray[np.uint8]:
    """A training set of 8-bit files fits in memory: 1500 films of 544 px are 0.4 GB."""
    stored = np.round(read_raster_frame(path.read_bytes(), 0).grey * 255).astype(np.uint8)
    stored.flags.writeable = False
    return stored
