"""Drawn jaws: teeth of random size, tilt and density, and what happens to a film on its way to a second claim."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]


def jaw_phantom(seed: int, *, rows: int = 240, columns: int = 320) -> Grey:
    """Two rows of teeth over bone: float32 (rows, columns) in [0, 1]; every seed is another mouth."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    u, v = x / columns, y / rows
    grey = 0.25 + 0.2 * np.abs(v - 0.5) + _bone(rng, rows, columns)
    for upper in (True, False):
        at = float(rng.uniform(0.02, 0.1))
        while at < 0.98:
            width = float(rng.uniform(0.06, 0.13))
            _tooth(grey, u, v, at + width / 2, width, upper, rng)
            at += width + float(rng.uniform(0.0, 0.02))
    grey += rng.normal(0.0, 0.01, grey.shape).astype(np.float32)
    return np.clip(grey, 0.0, 1.0).astype(np.float32)


def _bone(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    coarse = rng.normal(0.0, 0.09, (9, 12)).astype(np.float32)
    return cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)


def _tooth(grey: Grey, u: Grey, v: Grey, at: float, width: float, upper: bool, rng: np.random.Generator) -> None:
    length, tilt = float(rng.uniform(0.22, 0.4)), float(rng.uniform(-0.3, 0.3))
    middle = 0.5 - length / 2 - 0.02 if upper else 0.5 + length / 2 + 0.02
    along = (v - middle) / (length / 2)
    across = (u - at - tilt * width * along) / (width / 2)
    inside = (across**4 + along**4) < 1.0
    grey[inside] = float(rng.uniform(0.55, 0.75))
    grey[inside & (np.abs(across) < 0.15)] -= 0.15
    if rng.random() < 0.35:
        filled = inside & ((v > middle + length / 4) if upper else (v < middle - length / 4))
        grey[filled] = float(rng.uniform(0.85, 1.0))


def saved_again(grey: Grey, *, quality: int = 40) -> Grey:
    _, encoded = cv2.imencode(".jpg", np.rint(grey * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def resized(grey: Grey, *, factor: float = 0.5) -> Grey:
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def brightened(grey: Grey, *, contrast: float = 0.8, by: float = 0.1) -> Grey:
    return np.clip(grey * contrast + by, 0.0, 1.0)


def cropped(grey: Grey, *, left: float, top: float, right: float, bottom: float) -> Grey:
    rows, columns = grey.shape
    return np.ascontiguousarray(
        grey[int(top * rows) : rows - int(bottom * rows), int(left * columns) : columns - int(right * columns)]
    )


def turned(grey: Grey, *, degrees: float) -> Grey:
    rows, columns = grey.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1.0)
    return cv2.warpAffine(grey, matrix, (columns, rows), borderMode=cv2.BORDER_CONSTANT)
