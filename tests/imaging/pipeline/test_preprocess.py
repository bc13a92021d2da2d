"""Preprocessing: the map back is exact, every step can be switched off, and nothing but flat borders is lost."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.pipeline.preprocess import (
    CollimationRule,
    InversionRule,
    PreprocessSettings,
    UnknownSetting,
    UnusableFrame,
    preprocess,
)
from imaging.pipeline.steps.collimation import kept_region
from imaging.pipeline.steps.histogram import equalise_nonblack, percentile_window
from imaging.pipeline.steps.inversion import is_negative, photometric_statistics
from imaging.pipeline.steps.resize import pad_and_resize
from imaging.pipeline.values import Frame

PLAIN = PreprocessSettings(normalise="none")
MEAN, STD = 127 / 255, 128 / 255


def textured(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    ramp = (
        np.linspace(0.2, 0.9, columns, dtype=np.float32)[None] * np.linspace(0.6, 1.0, rows, dtype=np.float32)[:, None]
    )
    return np.clip(ramp + generator.normal(0, 0.05, (rows, columns)), 0, 1).astype(np.float32)


@given(rows=st.integers(20, 700), columns=st.integers(20, 700), size=st.sampled_from([64, 224, 448]))
@settings(max_examples=25, deadline=None)
def test_the_map_there_and_back_is_the_identity(rows: int, columns: int, size: int) -> None:
    source = preprocess(Frame(grey=textured(rows, columns)), size=size, settings=PLAIN, mean=0.0, std=1.0).source
    for x, y in ((0.0, 0.0), (columns / 3, rows / 2), (float(columns), float(rows))):
        assert source.to_source(*source.to_input(x, y)) == pytest.approx((x, y), abs=1e-6)


@pytest.mark.parametrize(("rows", "columns"), [(300, 500), (501, 200), (448, 448), (90, 61)])
def test_a_bright_dot_is_found_where_the_map_says(rows: int, columns: int) -> None:
    grey = np.zeros((rows, columns), np.float32)
    top, left = rows // 3, columns // 4
    grey[top : top + 9, left : left + 9] = 1.0
    result = preprocess(Frame(grey=grey), size=448, settings=PLAIN, mean=0.0, std=1.0)
    weights = result.array[0].astype(np.float64)
    y, x = ((weights * axis).sum() / weights.sum() + 0.5 for axis in np.indices(weights.shape))
    assert result.source.to_source(x, y) == pytest.approx((left + 4.5, top + 4.5), abs=0.1)


def test_a_crop_moves_the_map_with_it() -> None:
    grey = np.zeros((400, 300), np.float32)
    grey[40:380, 60:290] = textured(340, 230)
    chosen = PreprocessSettings(collimation_crop=CollimationRule(), normalise="none")
    source = preprocess(Frame(grey=grey), size=224, settings=chosen, mean=0.0, std=1.0).source
    assert (source.crop_left, source.crop_top) == (60.0, 40.0)
    assert source.to_source(source.offset_x, source.offset_y) == pytest.approx((60.0, 40.0))
    corner = (source.offset_x + source.content_width, source.offset_y + source.content_height)
    assert source.to_source(*corner) == pytest.approx((290.0, 380.0))


@pytest.mark.parametrize("border", [0.0, 0.5, 1.0])
def test_flat_borders_of_any_brightness_are_cropped_and_anatomy_is_not(border: float) -> None:
    grey = np.full((1600, 1200), border, np.float32)
    grey[200:1500, 100:1150] = textured(1300, 1050)
    left, top, right, bottom = kept_region(grey, CollimationRule())
    assert (left <= 100, top <= 200, right >= 1150, bottom >= 1500) == (True,) * 4
    assert max(100 - left, 200 - top, right - 1150, bottom - 1500) <= 4


def test_no_more_than_the_stated_share_is_ever_cropped() -> None:
    grey = np.zeros((100, 100), np.float32)
    grey[48:52, 48:52] = 1.0
    assert kept_region(grey, CollimationRule(largest_share=0.3)) == (30, 30, 70, 70)


@pytest.mark.parametrize("grey", [np.zeros((50, 80), np.float32), np.ones((3, 3), np.float32)])
def test_a_flat_frame_is_kept_whole_and_gives_finite_values(grey: np.ndarray) -> None:
    assert kept_region(grey, CollimationRule()) == (0, 0, grey.shape[1], grey.shape[0])
    for name in ("none", "percentile_window", "equalise_nonblack", "clahe"):
        chosen = PreprocessSettings(normalise=name, collimation_crop=CollimationRule())
        array = preprocess(Frame(grey=grey), size=64, settings=chosen, mean=MEAN, std=STD).array
        assert np.isfinite(array).all()


@pytest.mark.parametrize("grey", [np.full((4, 4), np.nan, np.float32), np.zeros((0, 4), np.float32)])
def test_frames_without_usable_values_are_refused(grey: np.ndarray) -> None:
    with pytest.raises(UnusableFrame):
        preprocess(Frame(grey=grey), size=64, settings=PLAIN, mean=MEAN, std=STD)


def test_the_array_is_standardised_and_its_three_channels_are_identical() -> None:
    grey = textured(448, 448)
    array = preprocess(Frame(grey=grey), size=448, settings=PLAIN, mean=MEAN, std=STD).array
    assert (array.shape, array.dtype) == ((3, 448, 448), np.float32)
    assert np.array_equal(array[0], array[1]) and np.array_equal(array[1], array[2])
    np.testing.assert_allclose(array[0], (grey * 255 - 127) / 128, atol=1e-5)


def test_padding_is_black_and_never_normalised() -> None:
    chosen = PreprocessSettings(normalise="equalise_nonblack")
    array = preprocess(Frame(grey=textured(100, 200)), size=64, settings=chosen, mean=0.0, std=1.0).array[0]
    assert array[:16].max() == 0.0 and array[48:].max() == 0.0 and array[16:48].min() > 0.0


@pytest.mark.parametrize("name", ["median3", "bilateral", "nlm"])
def test_every_denoiser_takes_noise_away(name: str) -> None:
    generator = np.random.default_rng(1)
    clean = textured(128, 128) * 0 + 0.5
    noisy = np.clip(clean + generator.normal(0, 0.015, clean.shape), 0, 1).astype(np.float32)
    chosen = PreprocessSettings(denoise=name, normalise="none")
    cleaned = preprocess(Frame(grey=noisy), size=128, settings=chosen, mean=0.0, std=1.0).array[0]
    assert cleaned.std() < 0.8 * noisy.std()


def test_equalisation_does_not_see_exposure() -> None:
    grey = textured(100, 100)
    brighter = np.sqrt(grey)
    np.testing.assert_allclose(equalise_nonblack(grey, PLAIN).grey, equalise_nonblack(brighter, PLAIN).grey, atol=0.01)


def test_equalised_pixels_spread_evenly_and_black_stays_black() -> None:
    grey = textured(200, 200)
    grey[:20] = 0.0
    equalised = equalise_nonblack(grey, PLAIN).grey
    assert equalised[:20].max() == 0.0
    np.testing.assert_allclose(np.percentile(equalised[20:], [10, 50, 90]), [0.1, 0.5, 0.9], atol=0.01)


def test_the_window_maps_its_two_percentiles_to_black_and_white() -> None:
    grey = np.linspace(0.2, 0.6, 10_000, dtype=np.float32).reshape(100, 100)
    windowed = percentile_window(grey, PLAIN).grey
    assert (windowed.min(), windowed.max()) == (0.0, 1.0)
    assert (windowed == 0.0).mean() == pytest.approx(0.01, abs=0.001)


def test_photometric_statistics_change_sign_with_the_film() -> None:
    grey = textured(300, 200)
    np.testing.assert_allclose(photometric_statistics(grey), -photometric_statistics(1 - grey), atol=1e-5)


def test_a_negative_is_turned_back_and_an_upright_film_is_left_alone() -> None:
    grey = np.zeros((200, 200), np.float32)
    grey[50:, 40:160] = textured(150, 120)
    rule = InversionRule(weights=(1.0, 1.0, 1.0, 1.0, 1.0, 0.0), threshold=0.0)
    chosen = PreprocessSettings(invert=rule, normalise="none")
    upright = preprocess(Frame(grey=grey), size=64, settings=chosen, mean=0.0, std=1.0)
    negative = preprocess(Frame(grey=1 - grey), size=64, settings=chosen, mean=0.0, std=1.0)
    assert (upright.inverted, negative.inverted, is_negative(grey, rule)) == (False, True, False)
    np.testing.assert_allclose(upright.array, negative.array, atol=1e-5)


def test_settings_survive_json() -> None:
    chosen = PreprocessSettings(
        invert=InversionRule((1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 0.5), collimation_crop=CollimationRule(), denoise="median3"
    )
    assert PreprocessSettings.from_dict(json.loads(json.dumps(chosen.to_dict()))) == chosen


@pytest.mark.parametrize("values", [{"denoise": "magic"}, {"normalise": "x"}, {"new": 1}, {"invert": {"weights": [1]}}])
def test_unknown_settings_are_refused(values: dict) -> None:
    with pytest.raises(UnknownSetting):
        PreprocessSettings.from_dict(values)


def test_small_frames_are_enlarged_and_large_ones_reduced_to_the_same_square() -> None:
    for side in (32, 448, 1500):
        assert pad_and_resize(textured(side, side // 2), size=224).shape == (224, 224)


def plain_equalised(grey: np.ndarray, black_level: float) -> np.ndarray:
    """The definition, word for word: the slow reference of equalise_nonblack."""
    kept, bins = grey > black_level, 4096
    if not kept.any():
        return np.zeros_like(grey)
    index = np.clip(grey * bins, 0, bins - 1).astype(np.int32)
    counts = np.bincount(index[kept], minlength=bins).astype(np.float64)
    share = (np.cumsum(counts) - 0.5 * counts) / counts.sum()
    return np.where(kept, share[index], 0.0).astype(np.float32)


@pytest.mark.parametrize("black_level", [0.0, 0.02, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_equalising_equals_its_definition_bit_for_bit(black_level: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    films = [generator.beta(0.3, 0.9, (97, 131)), generator.integers(0, 256, (64, 64)) / 255, np.full((9, 9), 0.02)]
    for grey in (film.astype(np.float32) for film in films):
        chosen = PreprocessSettings(normalise="equalise_nonblack", black_level=black_level)
        np.testing.assert_array_equal(equalise_nonblack(grey, chosen).grey, plain_equalised(grey, black_level))


def plain_span(grey: np.ndarray, rule: CollimationRule) -> tuple[int, int]:
    """All rows at once: the slow reference of the search for flat edges."""
    low, high = np.percentile(grey, (2.0, 98.0), axis=1)
    varied = np.flatnonzero(high - low > rule.flatness)
    if varied.size == 0:
        return 0, len(grey)
    limit = int(len(grey) * rule.largest_share)
    return min(int(varied[0]), limit), max(int(varied[-1]) + 1, len(grey) - limit)


@given(edges=st.tuples(*[st.integers(0, 90)] * 4), level=st.floats(0, 1), seed=st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_flat_edges_are_found_as_if_every_row_was_looked_at(edges, level: float, seed: int) -> None:
    grey = textured(180, 200, seed)
    top, left, bottom, right = edges
    grey[:top], grey[:, :left], grey[180 - bottom :], grey[:, 200 - right :] = level, level, level, level
    rule = CollimationRule()
    first_row, last_row = plain_span(grey, rule)
    first_column, last_column = plain_span(grey.T, rule)
    assert kept_region(grey, rule) == (first_column, first_row, last_column, last_row)


def test_the_film_beside_the_input_is_the_square_before_its_histogram_changes() -> None:
    grey = textured(300, 200)
    seen = preprocess(Frame(grey=grey), size=128, settings=PreprocessSettings(normalise="clahe"), mean=0.5, std=0.5)
    np.testing.assert_allclose(seen.film, pad_and_resize(grey, size=128) * 255, atol=0.51)
