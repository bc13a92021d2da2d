"""Frames drawn by hypothesis: smooth, noisy, with flat borders or without, any shape."""

import cv2
import numpy as np
from hypothesis import strategies as st

from imaging.pipeline.preprocess import CollimationRule, InversionRule, PreprocessSettings
from imaging.pipeline.preprocess_settings import DENOISE_STEPS, NORMALISE_STEPS


@st.composite
def films(draw: st.DrawFn, *, smallest: int = 8, largest: int = 300) -> np.ndarray:
    """float32 (rows, columns) in [0, 1]."""
    rows, columns = draw(st.integers(smallest, largest)), draw(st.integers(smallest, largest))
    generator = np.random.default_rng(draw(st.integers(0, 2**31)))
    coarse = generator.random((draw(st.integers(2, 8)), draw(st.integers(2, 8))), dtype=np.float32)
    grey = cv2.resize(coarse, (columns, rows)) + generator.normal(0, 0.03, (rows, columns))
    grey = np.clip(grey, 0, 1).astype(np.float32)
    if draw(st.booleans()):
        level = draw(st.floats(0, 1, width=32))
        grey[: rows // draw(st.integers(3, 9))], grey[:, : columns // draw(st.integers(3, 9))] = level, level
    return grey


@st.composite
def settings_of(draw: st.DrawFn) -> PreprocessSettings:
    """Any combination of steps; the inversion rule turns about half of the films over."""
    weights = draw(st.lists(st.floats(-5, 5), min_size=6, max_size=6))
    return PreprocessSettings(
        invert=draw(st.sampled_from([None, InversionRule(tuple(weights), draw(st.floats(-0.5, 0.5)))])),
        collimation_crop=draw(st.sampled_from([None, CollimationRule(), CollimationRule(0.2, 0.45)])),
        denoise=draw(st.sampled_from(DENOISE_STEPS)),
        normalise=draw(st.sampled_from(NORMALISE_STEPS)),
    )
