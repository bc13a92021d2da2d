import io

import numpy as np
import pytest
from PIL import Image

from accounts.errors import IntegrityBroken
from imaging.pipeline.values import BoundingBox, Frame, Heatmap
from imaging.rendering import (
    COLOUR_STOPS,
    MODEL_COLOUR,
    OUTLINE,
    SCALE_STEPS,
    array_bytes,
    array_from_bytes,
    heatmap_png,
    outline_png,
    overlay_png,
    scale_top,
)
from tests.imaging.pipeline.model_samples import make_frame


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data), formats=["PNG"]))


def flat(value: float) -> Heatmap:
    return Heatmap.of_array(np.full((20, 30), value, np.float32))


def test_a_box_that_nothing_supports_is_dashed():
    frame = make_frame(rows=1024, columns=1024)
    edge = pixels(overlay_png(frame, None, unsupported=[BoundingBox(100, 100, 900, 900)]))[100, 100:900]
    drawn = (edge == MODEL_COLOUR).all(axis=1)
    assert 0.4 < drawn.mean() < 0.65
    solid = pixels(overlay_png(frame, None, [BoundingBox(100, 100, 900, 900)]))[100, 100:900]
    assert (solid == MODEL_COLOUR).all()


def test_a_map_without_a_box_is_outlined_over_its_colours_and_the_picture_says_so():
    frame = Frame(grey=np.zeros((600, 800), np.float32))
    plain, marked = (pixels(overlay_png(frame, bump(), unboxed=unboxed)) for unboxed in (False, True))
    changed = (plain != marked).any(axis=2)
    assert changed[:40, :120].any()
    changed[:40, :120] = False
    assert changed.any()
    assert (marked[changed] == MODEL_COLOUR).all()


def test_the_outline_in_place_of_a_box_is_a_wider_line_in_the_colour_of_boxes():
    grey, violet = (pixels(outline_png(bump(), width=800, height=600, positive=positive)) for positive in (False, True))
    assert {tuple(colour) for colour in violet[violet[..., 3] > 0][:, :3]} == {MODEL_COLOUR}
    assert (violet[..., 3] > 0).sum() > 1.5 * (grey[..., 3] > 0).sum()


@pytest.mark.parametrize("value", [0.0, -0.5])
def test_where_nothing_speaks_for_the_finding_the_overlay_is_transparent(value):
    assert pixels(heatmap_png(flat(value), width=30, height=20, positive=True))[..., 3].max() == 0


@pytest.mark.parametrize(("share", "stop"), [(0.25, 1), (0.5, 2), (0.75, 3), (1.0, 4)])
@pytest.mark.parametrize("top", SCALE_STEPS[:4])
def test_a_contribution_has_the_colour_of_its_place_on_the_stated_scale(share, stop, top):
    heatmap = flat(share * top)
    heatmap.cells[0, 0] = top
    assert scale_top(heatmap) == pytest.approx(top)
    picture = pixels(heatmap_png(heatmap, width=30, height=20, positive=True))
    np.testing.assert_allclose(picture[10, 10], COLOUR_STOPS[stop], atol=1)


@pytest.mark.parametrize(
    ("largest", "top"), [(-1.0, 0.01), (0.0, 0.01), (0.009, 0.01), (0.0125, 0.02), (0.3, 0.5), (99.0, 10.0)]
)
def test_the_scale_is_the_first_step_that_the_map_does_not_exceed(largest, top):
    assert scale_top(flat(largest)) == top


def test_a_finding_below_its_operating_point_is_fainter_not_hidden():
    bright = pixels(heatmap_png(flat(SCALE_STEPS[0]), width=30, height=20, positive=True))[..., 3].max()
    faint = pixels(heatmap_png(flat(SCALE_STEPS[0]), width=30, height=20, positive=False))[..., 3].max()
    assert 0 < faint < bright


def test_the_overlay_has_the_size_that_was_asked_for():
    assert pixels(heatmap_png(flat(1.0), width=77, height=41, positive=True)).shape == (41, 77, 4)


@pytest.mark.parametrize(("rows", "columns", "shape"), [(160, 200, (160, 200, 3)), (2048, 1024, (1024, 512, 3))])
def test_a_frame_under_its_overlay_keeps_its_shape(rows, columns, shape):
    assert pixels(overlay_png(make_frame(rows=rows, columns=columns), None)).shape == shape


def test_a_frame_without_evidence_and_boxes_is_shown_as_it_is():
    frame = make_frame()
    shown = pixels(overlay_png(frame, flat(-1.0)))[..., 0] / 255.0
    np.testing.assert_allclose(shown, frame.grey, atol=0.5 / 255 + 1e-6)


def test_a_box_is_drawn_where_it_is_in_the_stored_frame():
    frame = make_frame(rows=2048, columns=1024)
    picture = pixels(overlay_png(frame, None, [BoundingBox(200, 400, 800, 1600)]))
    np.testing.assert_array_equal(picture[200, 250], MODEL_COLOUR)
    np.testing.assert_array_equal(picture[500, 100], MODEL_COLOUR)


def test_an_array_survives_its_bytes_to_half_precision():
    values = np.linspace(-0.3, 0.3, 600, dtype=np.float32).reshape(20, 30)
    data = array_bytes(Heatmap.of_array(values))
    assert np.load(io.BytesIO(data)).dtype == np.float16
    np.testing.assert_allclose(array_from_bytes(data).contributions, values, rtol=1e-3, atol=1e-6)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        npy(np.zeros(3, np.float16)),
        npy(np.zeros((3, 3), np.float32)),
        npy(np.full((3, 3), np.nan, np.float16)),
        npy(np.array([[{}]], dtype=object)),
    ],
)
def test_bytes_that_are_no_heatmap_are_refused(data):
    with pytest.raises(IntegrityBroken):
        array_from_bytes(data)


def bump() -> Heatmap:
    y, x = np.mgrid[0:60, 0:80].astype(np.float32)
    return Heatmap.of_array(np.exp(-((x - 50) ** 2 + (y - 20) ** 2) / 100) - 0.1)


def test_the_outline_is_a_grey_line_around_the_half_height_and_nothing_else():
    picture = pixels(outline_png(bump(), width=80, height=60))
    drawn = picture[..., 3] > 0
    assert {tuple(colour) for colour in picture[drawn].tolist()} == {OUTLINE}
    y, x = np.nonzero(drawn)
    distances = np.hypot(x - 50, y - 20)
    assert drawn.mean() < 0.05
    assert distances.max() - distances.min() < 3
    assert distances.mean() == pytest.approx(np.sqrt(-100 * np.log(0.55)), abs=1)


def test_a_map_that_speaks_against_the_finding_has_no_outline():
    assert pixels(outline_png(flat(-0.5), width=30, height=20))[..., 3].max() == 0


def test_below_the_operating_point_the_film_keeps_its_greys_under_the_line_and_the_words():
    frame = make_frame(rows=240, columns=320)
    glowing, calm = pixels(overlay_png(frame, bump())), pixels(overlay_png(frame, bump(), positive=False))
    peak = (slice(70, 94), slice(190, 214))
    np.testing.assert_allclose(calm[peak][..., 0] / 255.0, frame.grey[peak], atol=0.5 / 255 + 1e-6)
    assert np.abs(glowing[peak].astype(int) - calm[peak]).max() > 20
    assert (calm[:16, :60] != pixels(overlay_png(frame, None))[:16, :60]).any()
