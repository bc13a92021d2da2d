"""What is not anatomy and still on a film: burned-in letters, and the traces of JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

WORDS = ("L", "R", "LEFT", "RIGHT", "AP", "PA", "LAT", "STANDING", "SUPINE", "PORTABLE", "12:45", "#2")
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX)
MOST_MARKERS = 3


def with_markers(grey: Grey, *, seed: int) -> Grey:
    """float32 (rows, columns) in [0, 1] -> the same with one to three white words along its edges.

    Letters are 1/40 to 1/12 of the long side high, as lead letters and annotations of devices are; 8 bits deep.
    """
    generator = np.random.default_rng(seed)
    canvas, (rows, columns) = _as_bytes(grey), grey.shape
    for _ in range(int(generator.integers(1, MOST_MARKERS + 1))):
        word, font = str(generator.choice(WORDS)), int(generator.choice(FONTS))
        height = max(7.0, float(generator.uniform(1 / 40, 1 / 12)) * max(rows, columns))
        size, thickness = height / 22.0, max(1, round(height / 12))  # Hershey capitals are 22 px high at size 1
        (width, _), _ = cv2.getTextSize(word, font, size, thickness)
        along = float(generator.uniform(0.01, 0.12))
        left = along * columns if generator.random() < 0.5 else (1 - along) * columns - width
        upper = generator.random() < 0.7
        bottom = float(generator.uniform(0.01, 0.25)) * rows + height
        place = (round(left), round(bottom if upper else rows - bottom + height))
        cv2.putText(canvas, word, place, font, size, 255, thickness, cv2.LINE_AA)
    return canvas.astype(np.float32) / np.float32(255)


def jpeg_coded(grey: Grey, *, quality: int) -> Grey:
    """float32 (rows, columns) in [0, 1] -> the same after 8 bits and a JPEG of that quality (1 to 100)."""
    coded = cv2.imencode(".jpg", _as_bytes(grey), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE).astype(np.float32) / np.float32(255)


def _as_bytes(grey: Grey) -> NDArray[np.uint8]:
    return np.round(np.clip(grey, 0.0, 1.0) * 255).astype(np.uint8)
