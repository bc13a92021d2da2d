"""The head's targets and its localisation loss."""

import numpy as np
import pytest
import torch

from feedback.learning.head_training import HeadTask, box_loss, box_mask
from imaging.pipeline.values import BoundingBox

TASK = HeadTask(("mass", "nodule"), input_size=64, batch=2, box_weight=1.0, triage_weight=0.0, dropout=0.0)
BOX = BoundingBox(16, 0, 32, 16)


def test_cells_whose_centre_lies_in_the_box_are_inside() -> None:
    mask = box_mask([BoundingBox(0, 0, 33, 17)], 4, 64)
    assert mask.tolist() == [[True, True, False, False], *[[False] * 4] * 3]


def test_a_box_smaller_than_a_cell_keeps_the_nearest_one() -> None:
    assert np.argwhere(box_mask([BoundingBox(18, 33, 20, 35)], 4, 64)).tolist() == [[2, 1]]


@pytest.mark.parametrize(("column", "small"), [(1, True), (3, False)])
def test_the_loss_is_small_only_when_the_map_is_in_the_box(column: int, small: bool) -> None:
    features = torch.zeros(1, 1, 4, 4)
    features[0, 0, 0, column] = 20.0
    loss = box_loss(torch.tensor([[1.0], [0.0]]), features, [(("mass", BOX),)], TASK)
    assert (float(loss) < 0.01) == small


def test_no_box_says_nothing() -> None:
    assert float(box_loss(torch.ones(2, 1), torch.randn(1, 1, 4, 4), [()], TASK)) == 0.0
    assert float(box_loss(torch.ones(2, 1), torch.randn(1, 1, 4, 4), [(("hernia", BOX),)], TASK)) == 0.0
