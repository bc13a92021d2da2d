"""Crops stay inside, on the grid of stride 32, and half of them look at a lesion."""

import numpy as np

from feedback.learning.dense.crops import draw_crop
from feedback.learning.dense.training import seen_in_crops


def test_crops_lie_inside_on_even_cells_and_about_half_hold_the_lesion() -> None:
    cells = np.zeros((1, 28, 28), np.int8)
    cells[0, 25, 3] = 1
    crops = [draw_crop(cells, 18, np.random.default_rng(seed)) for seed in range(200)]
    assert all(crop.top % 2 == 0 and crop.left % 2 == 0 for crop in crops)
    assert all(0 <= crop.top <= 10 and 0 <= crop.left <= 10 for crop in crops)
    assert np.mean([(cells[:, crop.rows, crop.columns] == 1).any() for crop in crops]) > 0.4


def test_the_stem_s_slices_show_the_same_part_as_the_map_s() -> None:
    crop = draw_crop(np.zeros((1, 28, 28), np.int8), 18, np.random.default_rng(0))
    assert crop.stem_rows == slice(2 * crop.rows.start, 2 * crop.rows.stop)
    assert crop.stem_columns == slice(2 * crop.columns.start, 2 * crop.columns.stop)


def test_the_same_seed_draws_the_same_crop() -> None:
    cells = np.ones((1, 12, 12), np.int8)
    assert draw_crop(cells, 6, np.random.default_rng(5)) == draw_crop(cells, 6, np.random.default_rng(5))


def test_a_crop_without_a_positive_cell_is_negative_unless_something_in_it_is_doubtful() -> None:
    cells = np.zeros((3, 1, 2, 2), np.int8)
    cells[0, 0, 0, 0] = -1
    cells[1, 0, 0] = (1, -1)
    findings, known = seen_in_crops(cells)
    assert findings[:, 0].tolist() == [0, 1, 0] and known[:, 0].tolist() == [False, True, True]
