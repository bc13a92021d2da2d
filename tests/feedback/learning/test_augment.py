"""Views: seeded, and boxes that follow what they mark."""

from dataclasses import replace

import numpy as np
import pytest

from feedback.learning.augment import Augmentation, View, draw_view, view_box, view_grey
from imaging.pipeline.values import BoundingBox

WILD = Augmentation(rotation_degrees=30.0, scale=(0.7, 1.4), shift=0.1, mirror=True, negative=0.5)


def dotted(rows: int = 120, columns: int = 160) -> np.ndarray:
    grey = np.zeros((rows, columns), np.float32)
    grey[50:60, 90:100] = 1.0
    return grey


def test_the_plain_view_changes_nothing() -> None:
    grey = np.random.default_rng(0).random((40, 60), dtype=np.float32)
    np.testing.assert_allclose(view_grey(grey, View()), grey, atol=1e-6)


def test_a_view_belongs_to_its_seed() -> None:
    assert draw_view(WILD, seed=(1, 2, 3)) == draw_view(WILD, seed=(1, 2, 3)) != draw_view(WILD, seed=(1, 2, 4))


@pytest.mark.parametrize("seed", range(12))
def test_a_box_follows_what_it_marks(seed: int) -> None:
    moving = Augmentation(
        rotation_degrees=30.0,
        scale=(0.8, 1.3),
        shift=0.1,
        mirror=True,
        gamma=(1, 1),
        contrast=(1, 1),
        brightness=0,
        noise=0,
    )
    view = draw_view(moving, seed=(seed,))
    moved = view_box(BoundingBox(90, 50, 100, 60), view, rows=120, columns=160)
    seen = view_grey(dotted(), view).astype(np.float64)
    assert moved is not None
    y, x = ((seen * (axis + 0.5)).sum() / seen.sum() for axis in np.indices(seen.shape))
    assert ((moved.left + moved.right) / 2, (moved.top + moved.bottom) / 2) == pytest.approx((x, y), abs=0.6)


def test_a_box_that_has_left_the_view_is_gone() -> None:
    assert view_box(BoundingBox(0, 0, 10, 10), View(shift_x=-0.5), rows=100, columns=100) is None


def test_mirroring_twice_gives_the_frame_back() -> None:
    mirrored = View(mirrored=True)
    np.testing.assert_allclose(view_grey(view_grey(dotted(), mirrored), mirrored), dotted(), atol=1e-4)


def test_what_comes_from_outside_the_frame_is_black_and_values_stay_in_range() -> None:
    grey = np.full((80, 80), 0.6, np.float32)
    seen = view_grey(grey, View(rotation=20.0, scale=0.8, brightness=0.3, noise=0.05))
    assert seen[0, 0] == 0.0 and seen.min() >= 0.0 and seen.max() <= 1.0


def test_a_negative_view_exchanges_black_and_white() -> None:
    np.testing.assert_allclose(view_grey(dotted(), View(negative=True)), 1 - dotted(), atol=1e-6)


def test_sides_are_kept_where_they_matter() -> None:
    assert not any(draw_view(Augmentation(mirror=False), seed=(seed,)).mirrored for seed in range(50))


def test_what_came_later_changes_neither_the_draws_nor_the_fingerprint_of_older_recipes() -> None:
    view = draw_view(Augmentation(), seed=(1, 2, 3))
    assert (view.rotation, view.noise_seed) == (4.091334303639916, 2062528268)
    assert (view.marker_seed, view.jpeg_quality) == (None, 0)
    assert not {"markers", "jpeg"} & set(Augmentation().identity())
    marked = Augmentation(markers=0.5, jpeg=(20, 80))
    assert marked.identity() == {**Augmentation().identity(), "markers": 0.5, "jpeg": (20, 80)}
    assert replace(draw_view(marked, seed=(1, 2, 3)), marker_seed=None, jpeg_quality=0) == view


def test_markers_and_jpeg_come_as_often_and_as_strong_as_asked_for() -> None:
    views = [draw_view(Augmentation(markers=0.3, jpeg=(20, 80)), seed=(seed,)) for seed in range(400)]
    assert 0.22 < np.mean([view.marker_seed is not None for view in views]) < 0.38
    qualities = [view.jpeg_quality for view in views]
    assert (min(qualities), max(qualities)) == (20, 80)


def test_letters_are_white_whatever_the_brightness_and_turn_over_with_a_negative() -> None:
    grey = np.full((200, 160), 0.3, np.float32)
    marked = view_grey(grey, View(marker_seed=5, brightness=-0.1))
    written = marked > 0.9
    assert 0.002 < written.mean() < 0.2
    np.testing.assert_allclose(np.median(marked), 0.2, atol=0.01)
    negative = view_grey(grey, View(marker_seed=5, brightness=-0.1, negative=True))
    np.testing.assert_allclose(negative, 1 - marked, atol=1e-6)


def test_a_lower_quality_of_jpeg_loses_more() -> None:
    grey = np.random.default_rng(0).random((64, 64), dtype=np.float32)
    lost = [float(np.abs(view_grey(grey, View(jpeg_quality=quality)) - grey).mean()) for quality in (95, 50, 10)]
    assert lost == sorted(lost) and lost[0] > 0
