"""Grey values: every step says what it keeps, and gives it back within the tolerance that it states."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from imaging.pipeline.preprocess import InversionRule, PreprocessSettings, prepared
from imaging.pipeline.steps.denoise import DENOISERS, Smoothed, denoised
from imaging.pipeline.steps.histogram import EQUALISER_BINS, NORMALISERS, Windowed, normalised
from imaging.pipeline.steps.inversion import upright
from imaging.pipeline.steps.maps import KEPT, LOST, REVERSED, UNCHANGED, IntensityStep
from imaging.pipeline.steps.standardise import Standardised, standardised
from imaging.pipeline.values import Frame
from tests.imaging.pipeline.steps.films import films, settings_of

ALWAYS, NEVER = InversionRule((0.0,) * 6, -1.0), InversionRule((0.0,) * 6, 1.0)
UNITS = Standardised(np.float32(127 / 255), np.float32(128 / 255))


def of(grey: np.ndarray, normalise: str) -> IntensityStep:
    return normalised(grey, PreprocessSettings(normalise=normalise))


@given(grey=films())
@settings(max_examples=40, deadline=None)
def test_inversion_is_exact_and_turns_the_order_around(grey: np.ndarray) -> None:
    step = upright(grey, ALWAYS)
    np.testing.assert_allclose(step.inverse.recovered(step.grey), grey, atol=6e-8)
    assert (step.inverse.exact, step.inverse.order) == (True, REVERSED)
    assert upright(grey, NEVER).inverse is UNCHANGED and upright(grey, None).grey is grey


@given(grey=films())
@settings(max_examples=40, deadline=None)
def test_the_window_gives_back_what_lies_inside_it_and_its_edge_for_the_rest(grey: np.ndarray) -> None:
    step = of(grey, "percentile_window")
    assert isinstance(step.inverse, Windowed)
    expected = np.clip(grey, step.inverse.low, step.inverse.high)
    np.testing.assert_allclose(step.inverse.recovered(step.grey), expected, atol=2e-7)


@given(grey=films())
@settings(max_examples=40, deadline=None)
def test_equalisation_gives_back_every_kept_grey_value_to_half_a_bin_and_black_as_black(grey: np.ndarray) -> None:
    step, kept = of(grey, "equalise_nonblack"), grey > PreprocessSettings().black_level
    back = step.inverse.recovered(step.grey)
    half_a_bin = 0.5 / EQUALISER_BINS + 1e-6
    np.testing.assert_allclose(back[kept], grey[kept], atol=half_a_bin)
    assert not back[~kept].any()


@given(grey=films(), name=st.sampled_from(["none", "percentile_window", "equalise_nonblack"]))
@settings(max_examples=60, deadline=None)
def test_a_histogram_step_that_says_so_keeps_the_order_of_grey_values(grey: np.ndarray, name: str) -> None:
    step = of(grey, name)
    assert step.inverse.order == KEPT
    assert np.all(np.diff(step.grey.ravel()[np.argsort(grey, axis=None, kind="stable")]) >= 0)


def test_clahe_says_that_it_loses_the_order_and_does_and_undoes_its_window() -> None:
    ramp = np.linspace(0.1, 0.9, 256, dtype=np.float32)
    grey = np.tile(ramp, (256, 1)) + np.linspace(0, 0.1, 256, dtype=np.float32)[:, None]
    step = of(grey, "clahe")
    assert (step.inverse.order, step.inverse.exact) == (LOST, False)
    assert (np.diff(step.grey.ravel()[np.argsort(grey, axis=None, kind="stable")]) < -0.01).any()
    low, high = np.percentile(grey, (1, 99))
    back = step.inverse.recovered(step.grey)
    assert back.min() >= low - 1e-6 and back.max() <= high + 1e-6


@given(grey=films(), name=st.sampled_from(["median3", "bilateral", "nlm"]))
@settings(max_examples=60, deadline=None)
def test_a_denoised_value_lies_between_those_that_were_within_its_reach(grey: np.ndarray, name: str) -> None:
    step = denoised(grey, name)
    assert isinstance(step.inverse, Smoothed)
    assert (step.inverse.order, step.inverse.exact) == (LOST, False)
    window = np.ones((2 * step.inverse.reach + 1,) * 2, np.uint8)
    low, high = cv2.erode(grey, window), cv2.dilate(grey, window)
    back, slack = step.inverse.recovered(step.grey), step.inverse.rounding + 1e-6
    assert (back >= low - slack).all() and (back <= high + slack).all()


@given(grey=films())
@settings(max_examples=30, deadline=None)
def test_the_networks_units_are_exact_and_the_channels_identical(grey: np.ndarray) -> None:
    array = standardised(grey, UNITS)
    np.testing.assert_allclose(UNITS.recovered(array[2]), grey, atol=2e-7)


@pytest.mark.parametrize("table", [DENOISERS, NORMALISERS])
def test_every_inexact_step_says_in_words_what_is_lost(table: dict) -> None:
    grey = np.random.default_rng(3).random((40, 40), dtype=np.float32)
    for name in table:
        step = denoised(grey, name) if table is DENOISERS else of(grey, name)
        assert step.inverse.exact == (step.inverse.lost == "") == (name == "none")


@given(grey=films(smallest=12), turn=st.booleans(), name=st.sampled_from(["none", "percentile_window"]))
@settings(max_examples=50, deadline=None)
def test_the_whole_chain_gives_the_stored_frame_back_at_the_frames_own_size(
    grey: np.ndarray, turn: bool, name: str
) -> None:
    """Everything but denoising and CLAHE, at a scale of 1: within 1e-6 of what the window left."""
    chosen = PreprocessSettings(invert=ALWAYS if turn else None, normalise=name)
    made = prepared(Frame(grey=grey), size=max(grey.shape), settings=chosen, mean=0.5, std=0.25)
    seen = 1 - grey if turn else grey
    low, high = np.percentile(seen, (1, 99)) if name == "percentile_window" else (0.0, 1.0)
    assume(high - low > 1e-3)
    expected = np.clip(seen, low, high)
    np.testing.assert_allclose(made.recovered(), 1 - expected if turn else expected, atol=1e-6)


@given(grey=films(smallest=12), chosen=settings_of(), size=st.sampled_from([32, 64, 150]))
@settings(max_examples=60, deadline=None)
def test_the_chain_back_has_the_contents_shape_stays_finite_and_says_what_is_lost(
    grey: np.ndarray, chosen: PreprocessSettings, size: int
) -> None:
    made = prepared(Frame(grey=grey), size=size, settings=chosen, mean=0.5, std=0.5)
    back, (rows, columns) = made.recovered(), made.content
    assert back.shape == (rows.stop - rows.start, columns.stop - columns.start)
    assert np.isfinite(back).all() and back.min() >= -0.01 and back.max() <= 1.01
    assert all(step.exact or step.lost for step in made.intensity)


def test_equalised_grey_values_that_stand_apart_come_back_in_order() -> None:
    grey = np.linspace(0.05, 0.95, 16, dtype=np.float32).reshape(4, 4)
    back = of(grey, "equalise_nonblack").inverse.recovered(of(grey, "equalise_nonblack").grey)
    assert all(before < after for before, after in pairwise(back.ravel()))
