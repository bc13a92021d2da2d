"""Metal is found and painted over; what is wide is left alone."""

import numpy as np
from numpy.typing import NDArray

from feedback.learning.dense.hardware import hardware_mask, painted_over


def film() -> NDArray[np.float32]:
    """A limb with a wide bright joint and a narrow brighter nail."""
    y, x = np.mgrid[0:454, 0:300].astype(np.float32)
    grey = 0.3 * np.exp(-(((x - 150) / 90) ** 4))
    grey = np.where(((x - 150) ** 2 + (y - 350) ** 2) < 60**2, 0.6, grey)
    return np.where((np.abs(x - 150) < 4) & (np.abs(y - 150) < 90), 0.95, grey).astype(np.float32)


def test_the_nail_is_found_and_the_joint_is_not() -> None:
    mask = hardware_mask(film())
    assert mask[100:200, 148:152].all()
    assert not mask[330:370, 130:170].any() and mask.mean() < 0.05


def test_painting_over_leaves_nothing_bright_and_everything_else_alone() -> None:
    grey = film()
    mask = hardware_mask(grey)
    painted = painted_over(grey, mask)
    assert painted[100:200, 148:152].max() < 0.5
    assert np.array_equal(painted[~mask], grey[~mask])


def test_a_film_without_metal_is_left_as_it_is() -> None:
    y, x = np.mgrid[0:200, 0:200].astype(np.float32)
    smooth = (0.5 + 0.3 * np.sin(x / 60) * np.cos(y / 60)).astype(np.float32)
    assert not hardware_mask(smooth).any()


def test_a_blank_film_has_no_metal() -> None:
    assert not hardware_mask(np.zeros((50, 60), np.float32)).any()
