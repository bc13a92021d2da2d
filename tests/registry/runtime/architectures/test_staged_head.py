"""One head interface on every body, and heads side by side are the mean of what they were."""

import pytest
import torch

from registry.runtime.architectures import build

OPTIONS = {"width": 8, "kernel": 1, "direct": True, "triage": True, "context": 3}


@pytest.mark.parametrize("kind", ["lite0", "resnet18", "densenet121"])
@torch.inference_mode()
def test_the_logits_are_the_linear_layer_of_the_mean_features(kind: str) -> None:
    network = build(f"{kind}_s16s32_head", OPTIONS, ("a", "b")).eval()
    outputs = network(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    pooled = outputs["features"].mean(dim=(2, 3))
    assert outputs["features"].shape[2:] == (4, 4) and outputs["triage_logits"].shape == (2, 3)
    torch.testing.assert_close(network.head(pooled), outputs["logits"])
    assert network.head.weight.shape == (2, pooled.shape[1])


@torch.inference_mode()
def test_members_do_not_see_each_other() -> None:
    network = build("lite0_s16s32_head", {**OPTIONS, "members": 2, "context": 0, "direct": False}, ("a",)).eval()
    stages = torch.randn(1, 112, 4, 4), torch.randn(1, 320, 2, 2)
    before = network.from_stages(*stages)["features"]
    network.neck[0].weight[8:].zero_()
    after = network.from_stages(*stages)["features"]
    assert torch.equal(before[:, :8], after[:, :8]) and not torch.equal(before[:, 8:], after[:, 8:])
