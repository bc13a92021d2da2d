import numpy as np
import pytest

from feedback.learning.guard.views import FilmView, film_view, partial_cut
from imaging.phantom import chest_phantom
from imaging.pipeline.guard import Correction
from imaging.pipeline.upright import corrected
from imaging.pipeline.values import Frame

FILM = chest_phantom(3, rows=120, columns=100)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("inverted", [False, True])
def test_the_correction_that_a_view_is_labelled_with_sets_it_right(turns, inverted):
    view = FilmView(turns=turns, inverted=inverted, plain=True)
    shown = film_view(FILM, view, rng=np.random.default_rng(0), panoramic=False)
    restored = corrected(Frame(grey=shown), Correction(turns, inverted)).grey
    np.testing.assert_allclose(restored, FILM, atol=1e-6)


@pytest.mark.parametrize("panoramic", [False, True])
def test_views_stay_in_range_and_repeat_with_their_seed(panoramic):
    for seed in range(12):
        first, again = (
            film_view(FILM, FilmView(), rng=np.random.default_rng(seed), panoramic=panoramic) for _ in range(2)
        )
        assert np.array_equal(first, again)
        assert 0 <= first.min() <= first.max() <= 1


def test_a_partial_view_keeps_at_most_half_of_one_side():
    for seed in range(50):
        rows, columns = partial_cut(FILM, np.random.default_rng(seed)).shape
        assert min(rows / 120, columns / 100) <= 0.5
