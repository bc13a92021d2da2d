"""Burned-in letters and JPEG: seeded, within the range of grey values, along the edges."""

import numpy as np
import pytest

from feedback.learning.film_marks import jpeg_coded, with_markers

DARK = np.full((300, 240), 0.2, np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_letters_belong_to_their_seed_and_leave_the_middle_free(seed: int) -> None:
    marked = with_markers(DARK, seed=seed)
    np.testing.assert_array_equal(marked, with_markers(DARK, seed=seed))
    assert not np.array_equal(marked, with_markers(DARK, seed=seed + 100))
    assert marked.max() > 0.9 and np.abs(marked[120:180, 110:130] - DARK[0, 0]).max() < 0.01
    assert (marked.shape, marked.dtype) == (DARK.shape, np.float32)


def test_jpeg_keeps_shape_and_range() -> None:
    coded = jpeg_coded(np.linspace(-0.2, 1.2, 60 * 40, dtype=np.float32).reshape(60, 40), quality=30)
    assert (coded.shape, coded.dtype) == ((60, 40), np.float32)
    assert coded.min() >= 0.0 and coded.max() <= 1.0
