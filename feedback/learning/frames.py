"""Stored files -> grey values, kept in memory as bytes while a run lasts."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import torchvision
from numpy.typing import NDArray


def frame_grey(path: Path) -> NDArray[np.float32]:
    """float32 (rows, columns) in [0, 1] of a PNG or JPEG."""
    return _bytes_of(path).astype(np.float32) / np.float32(255.0)


@lru_cache(maxsize=4096)
def _bytes_of(path: Path) -> NDArray[np.uint8]:
    """A training set of 8-bit files fits in memory: 1500 films of 544 px are 0.4 GB."""
    stored = torchvision.io.decode_image(str(path), torchvision.io.ImageReadMode.GRAY)[0].numpy()
    stored.flags.writeable = False
    return stored
