"""What both detector families promise: torchvision's API, partial labels, ignored regions, the film as context."""

import pytest
import torch

from registry.runtime.architectures.detector_body import suppressed, weighed, within_ignored
from tests.registry.runtime.architectures.detector_samples import FAMILIES, SIDE, detector, film, target

both_families = pytest.mark.parametrize("family", FAMILIES)


@both_families
def test_images_in_boxes_labels_and_scores_out_in_input_pixels(family: str) -> None:
    network = detector(family).eval()
    with torch.inference_mode():
        outputs = network([torch.randn(3, SIDE, SIDE), torch.randn(3, SIDE, SIDE)])
    assert len(outputs) == 2
    for output in outputs:
        assert 0 < len(output["boxes"]) == len(output["scores"]) == len(output["labels"]) <= 7
        assert set(output["labels"].tolist()) <= {1, 2}
        assert output["boxes"].min() >= 0 and output["boxes"].max() <= SIDE
        assert output["scores"].tolist() == sorted(output["scores"].tolist(), reverse=True)


@both_families
def test_training_without_targets_is_refused(family: str) -> None:
    with pytest.raises(ValueError, match="targets"):
        detector(family).train()([film()])


@both_families
def test_losses_are_finite_with_and_without_boxes(family: str) -> None:
    network = detector(family).train()
    losses = network([film((10, 10, 40, 50)), film()], [target((10, 10, 40, 50)), target()])
    assert torch.isfinite(torch.stack(list(losses.values()))).all()


@both_families
def test_the_stem_is_never_trained(family: str) -> None:
    network = detector(family).train()
    sum(network([film((10, 10, 40, 50))], [target((10, 10, 40, 50))]).values()).backward()
    assert all(value.grad is None for value in network.body.dense.stem.parameters())
    assert any(value.grad is not None for value in network.body.dense.late16.parameters())


@both_families
def test_a_label_that_nobody_looked_for_teaches_nothing_about_itself(family: str) -> None:
    """The gradient of the second label's own weights is zero when it was not annotated, and is not when it was."""
    moved = {}
    for asked in (True, False):
        network = detector(family).train()
        own = target((10, 10, 40, 50), known=torch.tensor([True, asked]))
        sum(network([film((10, 10, 40, 50))], [own]).values()).backward()
        if family == "anchor_free_yolo":
            moved[asked] = network.label.weight.grad[1].abs().sum().item()
        moved[asked, "film"] = network.body.dense.head.weight.grad[1].abs().sum().item()
    assert moved[True, "film"] > 0 and moved[False, "film"] == 0
    if family == "anchor_free_yolo":
        assert moved[True] > 0 and moved[False] == 0


@both_families
def test_an_ignored_region_lowers_the_loss_of_an_image_without_boxes(family: str) -> None:
    network = detector(family).train()
    everywhere = torch.tensor([[-20.0, -20.0, SIDE + 20.0, SIDE + 20.0]])
    torch.manual_seed(1)
    told = network([film()], [target()])
    torch.manual_seed(1)
    ignored = network([film()], [target(ignored=everywhere)])
    name = "classification" if family == "anchor_free_yolo" else "loss_objectness"
    assert ignored[name].item() < 1e-6 < told[name].item()


@both_families
def test_the_film_s_own_word_raises_its_boxes(family: str) -> None:
    network = detector(family).eval()
    with torch.inference_mode():
        before = network([film((10, 10, 40, 50))])[0]
        network.body.dense.head.bias.fill_(3.0)
        network.context_weight.fill_(1.0)
        after = network([film((10, 10, 40, 50))])[0]
    assert after["scores"].max() > before["scores"].max()


@both_families
def test_it_stays_under_five_million_parameters(family: str) -> None:
    assert sum(value.numel() for value in detector(family).parameters()) < 5_000_000


def test_context_moves_a_score_by_its_logit() -> None:
    moved = weighed(torch.full((1, 1, 2), 0.2), torch.tensor([[2.0, -1.0]]), torch.tensor([0.5, 0.0]))
    expected = torch.sigmoid(torch.logit(torch.tensor(0.2)) + 1.0)
    torch.testing.assert_close(moved[0, 0], torch.stack([expected, torch.tensor(0.2)]))


def test_suppression_keeps_the_best_of_each_label_and_clips_to_the_image() -> None:
    boxes = torch.tensor([[-5.0, 0.0, 40.0, 40.0], [0.0, 0.0, 41.0, 40.0], [60.0, 60.0, 80.0, 80.0]])
    scores = torch.tensor([[0.9, 0.0], [0.8, 0.7], [0.3, 0.0]])
    kept = suppressed(boxes, scores, side=64, score_floor=0.1, nms_overlap=0.5, most_boxes=10)
    assert kept["labels"].tolist() == [1, 2, 1]
    torch.testing.assert_close(kept["scores"], torch.tensor([0.9, 0.7, 0.3]))
    assert kept["boxes"][0].tolist() == [0.0, 0.0, 40.0, 40.0] and kept["boxes"][2].tolist() == [60, 60, 64, 64]


def test_a_box_is_ignored_from_half_of_its_area_on() -> None:
    own = target(ignored=torch.tensor([[0.0, 0.0, 10.0, 20.0]]))
    boxes = torch.tensor([[0.0, 0.0, 20.0, 20.0], [0.0, 0.0, 21.0, 20.0], [50.0, 50.0, 60.0, 60.0]])
    assert within_ignored(boxes, own).tolist() == [True, False, False]
    assert within_ignored(boxes, target()).tolist() == [False, False, False]
