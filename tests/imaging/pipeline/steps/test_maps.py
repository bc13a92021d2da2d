"""Geometry: maps of single steps compose to one map, and there and back is the identity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.pipeline.preprocess_settings import CollimationRule
from imaging.pipeline.steps.collimation import cropped
from imaging.pipeline.steps.maps import composed, crop_map, pad_map, scale_map
from imaging.pipeline.steps.resize import squared
from imaging.pipeline.values import SourceMap
from tests.imaging.pipeline.steps.films import films

SHARE = st.floats(0, 1)


def there_and_back(source: SourceMap, x: float, y: float) -> tuple[float, float]:
    return source.to_source(*source.to_input(x, y))


@st.composite
def single_maps(draw: st.DrawFn) -> SourceMap:
    rows, columns = draw(st.integers(20, 900)), draw(st.integers(20, 900))
    left, top = draw(st.integers(0, columns - 10)), draw(st.integers(0, rows - 10))
    right, bottom = draw(st.integers(left + 1, columns)), draw(st.integers(top + 1, rows))
    crop = crop_map(left, top, right, bottom, rows=rows, columns=columns)
    pad = pad_map(draw(st.integers(0, 200)), draw(st.integers(0, 200)), rows=rows, columns=columns)
    return draw(st.sampled_from([crop, pad, scale_map(draw(st.floats(0.05, 8)), rows=rows, columns=columns)]))


@given(source=single_maps(), x=SHARE, y=SHARE)
@settings(max_examples=80, deadline=None)
def test_every_single_map_there_and_back_is_the_identity(source: SourceMap, x: float, y: float) -> None:
    place = (x * source.columns, y * source.rows)
    assert there_and_back(source, *place) == pytest.approx(place, abs=1e-6)


@given(maps=st.lists(single_maps(), min_size=2, max_size=4), x=SHARE, y=SHARE)
@settings(max_examples=80, deadline=None)
def test_a_composed_map_is_its_steps_one_after_another(maps: list[SourceMap], x: float, y: float) -> None:
    whole = composed(*maps)
    place = (x * maps[0].columns, y * maps[0].rows)
    moved = place
    for step in maps:
        moved = step.to_input(*moved)
    assert whole.to_input(*place) == pytest.approx(moved, rel=1e-9, abs=1e-5)
    assert there_and_back(whole, *place) == pytest.approx(place, abs=1e-5)


def test_content_that_a_later_crop_takes_away_is_gone_from_the_composed_map() -> None:
    framed = pad_map(10, 20, rows=100, columns=80)
    cut = crop_map(30, 0, 85, 140, rows=140, columns=100)
    whole = composed(framed, cut)
    assert (whole.offset_x, whole.crop_left, whole.content_width) == (0.0, 20.0, 55.0)
    assert (whole.offset_y, whole.crop_top, whole.content_height) == (20.0, 0.0, 100.0)
    assert (whole.rows, whole.columns) == (100, 80)


@given(grey=films(smallest=9), size=st.sampled_from([32, 100, 224]), x=SHARE, y=SHARE)
@settings(max_examples=60, deadline=None)
def test_crop_and_resize_bring_every_position_back_within_a_millionth_of_a_pixel(
    grey: np.ndarray, size: int, x: float, y: float
) -> None:
    kept = cropped(grey, CollimationRule())
    square = squared(kept.grey, size=size)
    kept_rows, kept_columns = kept.grey.shape
    inner = (x * kept_columns, y * kept_rows)
    assert there_and_back(square.inverse, *inner) == pytest.approx(inner, abs=1e-6)
    outer = (x * grey.shape[1], y * grey.shape[0])
    assert there_and_back(kept.inverse, *outer) == pytest.approx(outer, abs=1e-6)
    assert there_and_back(composed(kept.inverse, square.inverse), *outer) == pytest.approx(outer, abs=1e-6)


@given(grey=films(smallest=9))
@settings(max_examples=40, deadline=None)
def test_the_crops_pixels_are_those_that_its_map_names(grey: np.ndarray) -> None:
    kept = cropped(grey, CollimationRule())
    left, top = (int(value) for value in kept.inverse.to_source(0.0, 0.0))
    rows, columns = kept.grey.shape
    np.testing.assert_array_equal(grey[top : top + rows, left : left + columns], kept.grey)


@given(grey=films(smallest=9))
@settings(max_examples=40, deadline=None)
def test_at_its_own_size_the_resize_only_pads_and_every_pixel_comes_back(grey: np.ndarray) -> None:
    square = squared(grey, size=max(grey.shape))
    top, left = int(square.inverse.offset_y), int(square.inverse.offset_x)
    np.testing.assert_array_equal(square.grey[top : top + grey.shape[0], left : left + grey.shape[1]], grey)
    assert square.grey.sum(dtype=np.float64) == pytest.approx(grey.sum(dtype=np.float64), rel=1e-6)
