import numpy as np
import pytest

from imaging.pipeline.cells import rendered_size, upsampled
from imaging.pipeline.explain import contributions, frame_heatmaps, frame_peaks, normalised, peak
from imaging.pipeline.preprocess import square_map
from imaging.pipeline.values import Heatmap, Point, SourceMap


def whole(rows: int, columns: int, *, size: int = 64) -> SourceMap:
    return square_map(0, 0, columns, rows, rows=rows, columns=columns, size=size)


def test_contributions_and_bias_add_up_to_the_logits():
    rng = np.random.default_rng(0)
    features, weight = rng.normal(size=(6, 3, 5)).astype(np.float32), rng.normal(size=(2, 6)).astype(np.float32)
    logits = weight @ features.mean(axis=(1, 2))
    np.testing.assert_allclose(contributions(features, weight).sum(axis=(1, 2)), logits, rtol=1e-4, atol=1e-5)


def test_upsampling_is_bilinear_between_cell_centres():
    cells = np.array([[0.0, 4.0]], np.float32)
    expected = [0.0, 0.0, 0.5, 1.5, 2.5, 3.5, 4.0, 4.0]
    np.testing.assert_allclose(upsampled(cells, size=8)[0], expected)


@pytest.mark.parametrize(("rows", "columns", "expected"), [(300, 200, (200, 300)), (4096, 2048, (512, 1024))])
def test_a_heatmap_has_the_frame_s_shape_and_a_long_side_of_at_most_1024(rows, columns, expected):
    source = whole(rows, columns)
    heatmap = frame_heatmaps(np.ones((1, 4, 4), np.float32), source=source, size=64)[0]
    assert rendered_size(source) == expected
    assert heatmap.contributions.shape == expected[::-1]
    assert heatmap.contributions.dtype == np.float32


def test_a_frame_of_the_input_s_own_size_has_the_plainly_upsampled_map():
    maps = np.random.default_rng(2).normal(size=(3, 4, 4)).astype(np.float32)
    heatmaps = frame_heatmaps(maps, source=whole(64, 64), size=64)
    for cell_map, heatmap in zip(maps, heatmaps, strict=True):
        np.testing.assert_allclose(heatmap.contributions, upsampled(cell_map, size=64), atol=1e-6)


def test_outside_the_crop_the_heatmap_is_zero_and_inside_it_is_not():
    source = square_map(50, 20, 150, 120, rows=200, columns=200, size=64)
    values = frame_heatmaps(np.ones((1, 4, 4), np.float32), source=source, size=64)[0].contributions
    np.testing.assert_allclose(values[20:120, 50:150], 1.0, rtol=1e-6)
    assert values.sum() == pytest.approx(100 * 100, rel=1e-5)


def test_what_the_network_saw_in_the_padding_is_not_shown():
    maps = np.zeros((1, 4, 4), np.float32)
    maps[0, :, 0] = 9.0
    source = whole(200, 50)
    values = frame_heatmaps(maps, source=source, size=64)[0].contributions
    assert values.max() == 0.0


@pytest.mark.parametrize(("rows", "columns"), [(300, 200), (3000, 2000), (200, 300)])
def test_the_peak_is_where_the_largest_contribution_lies_in_the_stored_frame(rows, columns):
    maps = np.full((1, 16, 16), -1.0, np.float32)
    maps[0, 5, 8] = 2.0
    source = whole(rows, columns)
    found = peak(frame_heatmaps(maps, source=source, size=64)[0])
    expected = source.to_source((8 + 0.5) * 4, (5 + 0.5) * 4)
    assert (found.x, found.y) == pytest.approx(expected, abs=max(rows, columns) / 64)


def test_a_map_that_only_speaks_against_the_label_has_no_peak():
    heatmap = Heatmap.of_array(np.full((10, 10), -0.5, np.float32))
    assert peak(heatmap) is None


def test_normalising_cuts_at_zero_and_ends_at_one():
    values = normalised(np.array([[-3.0, 1.0], [2.0, 5.0]], np.float32))
    np.testing.assert_allclose(values, [[0.0, 0.2], [0.4, 1.0]], atol=1e-6)


def test_an_empty_map_normalises_to_zero():
    assert normalised(np.full((2, 2), -1.0, np.float32)).max() == 0.0


VIEWS = [
    square_map(0, 0, 300, 200, rows=200, columns=300, size=128),
    square_map(37, 11, 2011, 1503, rows=1600, columns=2100, size=128),
    square_map(5, 0, 61, 90, rows=90, columns=70, size=128),
    square_map(0, 0, 8, 3, rows=3, columns=8, size=128),
]


def argmax_point(heatmap: Heatmap) -> Point | None:
    """The slow reference: render, and look for the largest pixel."""
    values = heatmap.contributions
    row, column = np.unravel_index(int(np.argmax(values)), values.shape)
    if values[row, column] <= 0:
        return None
    rows, columns = (heatmap.source.rows, heatmap.source.columns)[:: -1 if heatmap.turns % 2 else 1]
    return Point(x=(column + 0.5) * columns / values.shape[1], y=(row + 0.5) * rows / values.shape[0])


@pytest.mark.parametrize("source", VIEWS)
@pytest.mark.parametrize("grid", [(4, 4), (7, 7), (14, 14), (1, 1)])
def test_the_peak_from_the_cells_is_the_largest_pixel_of_the_rendered_map(source, grid):
    rng = np.random.default_rng(3)
    maps = np.concatenate([rng.normal(size=(9, *grid)), np.full((1, *grid), -1.0)]).astype(np.float32)
    heatmaps = frame_heatmaps(maps, source=source, size=128)
    peaks = frame_peaks(maps, source=source, size=128)
    assert peaks == [argmax_point(heatmap) for heatmap in heatmaps]
    assert [heatmap.largest for heatmap in heatmaps] == [heatmap.contributions.max() for heatmap in heatmaps]


@pytest.mark.parametrize("turns", [-1, 0, 1, 2, 3, 5])
def test_a_turned_map_is_the_map_of_the_turned_frame(turns):
    maps = np.random.default_rng(4).normal(size=(1, 7, 7)).astype(np.float32)
    heatmap = frame_heatmaps(maps, source=VIEWS[0], size=128)[0]
    turned = heatmap.turned(turns)
    np.testing.assert_array_equal(turned.contributions, np.rot90(heatmap.contributions, turns))
    np.testing.assert_array_equal(turned.turned(-turns).contributions, heatmap.contributions)
    assert (peak(turned).x, peak(turned).y) == pytest.approx((argmax_point(turned).x, argmax_point(turned).y))


def test_an_array_kept_as_a_picture_renders_to_itself():
    for shape in [(20, 30), (30, 20), (7, 7)]:
        values = np.random.default_rng(5).normal(size=shape).astype(np.float32)
        np.testing.assert_array_equal(Heatmap.of_array(values).contributions, values)


def test_a_smaller_rendering_covers_the_same_frame():
    heatmap = frame_heatmaps(np.ones((1, 4, 4), np.float32), source=VIEWS[1], size=128)[0]
    assert heatmap.rendered(256).shape == (195, 256)
    assert heatmap.rendered(256).mean() == pytest.approx(heatmap.contributions.mean(), abs=0.01)
