import numpy as np
import pytest

from feedback.learning.guard.negatives import NEGATIVES, desktop_with, negative
from imaging.phantom import chest_phantom


@pytest.mark.parametrize("kind", NEGATIVES)
def test_every_drawn_picture_is_another_one_and_repeats_with_its_seed(kind):
    first, again, other = (negative(kind, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)
    assert 0 <= first.min() < first.max() <= 1


def test_a_film_in_a_window_takes_less_than_half_of_the_screen():
    film = chest_phantom(1, rows=200, columns=180)
    for seed in range(5):
        screen = desktop_with(film, np.random.default_rng(seed))
        assert 0.62**2 * min(screen.shape) ** 2 <= 0.5 * screen.size
