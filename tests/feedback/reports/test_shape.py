"""Key images of films whose pixels are not square."""

import numpy as np
import pytest

from feedback.reports.blocks import Mark
from feedback.reports.kit import KeyImage
from feedback.reports.plans import image_plans
from feedback.reports.shape import Shape, shape_of
from imaging.models import Instance
from imaging.pipeline.values import BoundingBox
from tests.feedback.reports.test_kit import WHITE, film, picture_on_page, png


@pytest.mark.parametrize(
    ("spacing", "expected"),
    [
        (None, Shape()),
        ([0.2, 0.2], Shape()),
        ([0.4, 0.2], Shape(1.0, 2.0)),
        ([0.2, 0.3], Shape(1.5, 1.0)),
        ([9.0, 0.1], Shape()),
    ],
)
def test_the_shorter_side_of_a_pixel_is_one(spacing: list[float] | None, expected: Shape) -> None:
    assert shape_of(spacing) == Shape(pytest.approx(expected.width), pytest.approx(expected.height))


def test_a_plan_is_of_the_drawn_picture() -> None:
    instance = Instance(rows=100, columns=200, number_of_frames=1, pixel_spacing=[0.4, 0.2])
    (plan,), _ = image_plans([], [instance])
    assert (plan.columns, plan.rows) == (200.0, 200.0)


def test_on_paper_the_film_has_its_shape_and_the_box_lies_where_it_did() -> None:
    shape, mark = shape_of([0.2, 0.4]), Mark(BoundingBox(50.0, 100.0, 250.0, 220.0), "", "reader")
    width, height = shape.size(400, 300)
    picture, scale = picture_on_page(KeyImage(png(film()), width, height, "", marks=shape.marks([mark])))
    assert picture.shape[1] / picture.shape[0] == pytest.approx(800 / 300, rel=0.01)
    line = np.argwhere(np.abs(picture.astype(int) - WHITE).max(axis=2) < 24)
    top, left = line.min(axis=0) / scale
    bottom, right = (line.max(axis=0) + 1) / scale
    assert np.abs(np.array([left / 2, top, right / 2, bottom]) - [50, 100, 250, 220]).max() <= 1.0
