"""The one-stage detector: who answers for a box, what it is told, and that it learns."""

import torch

from registry.runtime.architectures.anchor_free_yolo import assigned, quality_focal
from tests.registry.runtime.architectures.detector_samples import SIDE, detector, film, target


def cells_of(network: torch.nn.Module) -> tuple[torch.Tensor, ...]:
    with torch.inference_mode():
        seen = network.body(film((20, 20, 60, 60))[None])
        logits, boxes, centres, strides = network._cells(seen.levels)
    return logits[0], boxes[0], centres, strides


def test_candidates_are_as_many_as_the_cells_of_three_levels() -> None:
    network = detector("anchor_free_yolo").eval()
    with torch.inference_mode():
        boxes, scores = network.dense(torch.randn(2, 3, SIDE, SIDE))
    cells = sum((SIDE // stride) ** 2 for stride in (8, 16, 32))
    assert boxes.shape == (2, cells, 4) and scores.shape == (2, cells, 2)
    assert scores.min() >= 0 and scores.max() <= 1 and (boxes[..., 2:] > boxes[..., :2]).all()


def test_every_drawn_box_gets_a_cell_near_it_and_no_cell_serves_two() -> None:
    logits, boxes, centres, strides = cells_of(detector("anchor_free_yolo").eval())
    drawn = target((20, 20, 60, 60), (24, 24, 64, 64), (80, 80, 86, 86))
    cells, rows, overlaps = assigned(logits, boxes, centres, strides, drawn)
    assert set(rows.tolist()) == {0, 1, 2} and len(set(cells.tolist())) == len(cells) == len(overlaps)
    for cell, row in zip(cells.tolist(), rows.tolist(), strict=True):
        middle = (drawn["boxes"][row, :2] + drawn["boxes"][row, 2:]) / 2
        inside = ((centres[cell] > drawn["boxes"][row, :2]) & (centres[cell] < drawn["boxes"][row, 2:])).all()
        assert inside or ((centres[cell] - middle).abs() < 2.5 * strides[cell]).all()


def test_an_image_without_boxes_has_no_cell() -> None:
    cells, rows, overlaps = assigned(*cells_of(detector("anchor_free_yolo").eval()), target())
    assert len(cells) == len(rows) == len(overlaps) == 0


def test_the_focal_loss_is_least_where_the_score_is_the_overlap() -> None:
    wanted = torch.tensor(0.7)
    at, above, below = (quality_focal(torch.logit(torch.tensor(p)), wanted) for p in (0.7, 0.9, 0.3))
    assert at < 1e-6 < min(above, below)


def test_it_finds_a_square_after_a_little_training() -> None:
    network = detector("anchor_free_yolo", labels=("square",)).train()
    optimiser = torch.optim.AdamW([value for value in network.parameters() if value.requires_grad], lr=3e-3)
    drawn = [(12, 16, 40, 44), (50, 8, 84, 40), (30, 48, 70, 90)]
    for _ in range(40):
        losses = network([film(box) for box in drawn], [target(box) for box in drawn])
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        optimiser.step()
    network.eval()
    with torch.inference_mode():
        best = [output["boxes"][0] for output in network([film(box) for box in drawn])]
    for box, found in zip(drawn, best, strict=True):
        assert (found - torch.tensor(box, dtype=torch.float32)).abs().max() < 8
