"""The detector keeps torchvision's detection API, and stays lean."""

import torch

from registry.runtime.architectures import build

OPTIONS = {
    "input_size": 96,
    "pyramid_channels": 96,
    "proposals": 200,
    "box_head_width": 256,
    "anchor_sizes": [[16, 24], [36, 54], [80, 120]],
    "aspect_ratios": [0.5, 1.0, 2.0],
    "score_floor": 0.0,
    "nms_overlap": 0.35,
    "most_boxes": 7,
}


def test_images_in_boxes_labels_and_scores_out_in_input_pixels() -> None:
    torch.manual_seed(0)
    network = build("lean_faster_rcnn", dict(OPTIONS), ("fracture", "hardware")).eval()
    with torch.inference_mode():
        outputs = network([torch.randn(3, 96, 96), torch.randn(3, 96, 96)])
    assert len(outputs) == 2
    for output in outputs:
        assert len(output["boxes"]) == len(output["scores"]) == len(output["labels"]) <= 7
        assert set(output["labels"].tolist()) <= {1, 2}
        assert output["boxes"].min() >= 0 and output["boxes"].max() <= 96


def test_it_stays_under_five_million_parameters() -> None:
    network = build("lean_faster_rcnn", dict(OPTIONS), ("fracture",))
    assert sum(value.numel() for value in network.parameters()) < 5_000_000


def test_training_gives_finite_losses_with_and_without_boxes() -> None:
    torch.manual_seed(0)
    network = build("lean_faster_rcnn", dict(OPTIONS), ("fracture",)).train()
    targets = [
        {"boxes": torch.tensor([[10.0, 10.0, 40.0, 50.0]]), "labels": torch.tensor([1])},
        {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)},
    ]
    losses = network([torch.randn(3, 96, 96), torch.randn(3, 96, 96)], targets)
    assert torch.isfinite(torch.stack(list(losses.values()))).all()


def test_batch_norm_of_the_body_keeps_its_statistics_while_training() -> None:
    network = build("lean_faster_rcnn", dict(OPTIONS), ("fracture",)).train()
    before = network.backbone.body.bn1.running_mean.clone()
    network.backbone(torch.randn(2, 3, 96, 96) + 5.0)
    torch.testing.assert_close(network.backbone.body.bn1.running_mean, before)
