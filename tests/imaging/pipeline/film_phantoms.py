"""Films as a network's input shows them, with markers drawn where a test wants them. Synthetic throughout."""

import cv2
import numpy as np

from imaging.phantom import chest_phantom
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.values import Frame, ModelInput

SIZE = 448


def chest_film(seed: int = 0) -> np.ndarray:
    """uint8 (448, 448): a phantom chest with ribs, in three quarters of the range: white is left for markers."""
    pixels = chest_phantom(seed).astype(np.float32)
    pixels = (pixels - pixels.min()) / (pixels.max() - pixels.min())
    return (cv2.resize(pixels, (SIZE, SIZE), interpolation=cv2.INTER_AREA) * 190).astype(np.uint8)


def with_text(film: np.ndarray, text: str, *, left: int, bottom: int, scale: float = 0.8, thick: int = 2) -> np.ndarray:
    return cv2.putText(film.copy(), text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)


def seen(film: np.ndarray) -> ModelInput:
    """What a network of 448 px sees of it."""
    frame = Frame(grey=film.astype(np.float32) / 255)
    return preprocess(frame, size=SIZE, settings=PreprocessSettings(normalise="equalise_nonblack"), mean=0.5, std=0.5)
