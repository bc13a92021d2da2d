"""Mean grey values in 48 x 48 fields, for frames of any size."""

import numpy as np
import pytest

from imaging.dicom.thumbnail import SIDE, thumbnail, thumbnail_read, thumbnail_text


@pytest.mark.parametrize("shape", [(480, 960), (97, 53), (48, 48), (3, 5), (1, 1)])
def test_every_field_is_the_mean_of_its_pixels(shape):
    grey = np.random.default_rng(1).random(shape, dtype=np.float32)
    small = thumbnail(grey)
    for row, column in ((0, 0), (20, 31), (47, 47)):
        top, left = row * shape[0] // SIDE, column * shape[1] // SIDE
        bottom, right = (row + 1) * shape[0] // SIDE, (column + 1) * shape[1] // SIDE
        field = grey[top : max(bottom, top + 1), left : max(right, left + 1)]
        assert abs(int(small[row, column]) - float(field.mean()) * 255) <= 0.51


def test_a_thumbnail_survives_its_text():
    small = thumbnail(np.linspace(0, 1, 6400, dtype=np.float32).reshape(80, 80))
    assert np.array_equal(thumbnail_read(thumbnail_text(small)), small)


@pytest.mark.parametrize("text", ["", "####", "AAAA", "(erased)"])
def test_what_is_no_thumbnail_is_none(text):
    assert thumbnail_read(text) is None
