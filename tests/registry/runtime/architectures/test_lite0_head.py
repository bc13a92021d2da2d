"""The classifier's contract: what is pooled is what is returned, so that one pass explains exactly."""

import pytest
import torch

from registry.runtime.architectures import build

LABELS = ("mass", "effusion")


@pytest.mark.parametrize(("direct", "channels"), [(True, 16 + 432), (False, 16)])
def test_logits_are_the_linear_layer_of_the_mean_of_the_features(direct: bool, channels: int) -> None:
    options = {"width": 16, "kernel": 3, "direct": direct, "triage": True}
    network = build("lite0_s16s32_head", options, LABELS).eval()
    with torch.inference_mode():
        outputs = network(torch.randn(2, 3, 96, 96))
        pooled = outputs["features"].mean(dim=(2, 3))
        torch.testing.assert_close(outputs["logits"], pooled @ network.head.weight.T + network.head.bias)
    assert tuple(outputs["features"].shape) == (2, channels, 6, 6)
    assert tuple(outputs["triage_logits"].shape) == (2, 3)
    assert tuple(network.head.weight.shape) == (2, channels)


def test_contributions_sum_to_the_logit() -> None:
    network = build("lite0_s16s32_head", {"width": 8, "kernel": 1, "direct": True, "triage": False}, LABELS).eval()
    with torch.inference_mode():
        outputs = network(torch.randn(1, 3, 64, 64))
        contributions = torch.einsum("lc,chw->lhw", network.head.weight, outputs["features"][0])
        torch.testing.assert_close(contributions.mean(dim=(1, 2)) + network.head.bias, outputs["logits"][0])
    assert "triage_logits" not in outputs


def test_cached_stages_give_what_the_image_gives() -> None:
    network = build("lite0_s16s32_head", {"width": 8, "kernel": 1, "direct": True, "triage": True}, LABELS).eval()
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(network.from_stages(*network.body(image))["logits"], network(image)["logits"])


def test_context_channels_are_wide_averages_and_part_of_the_same_linear_layer() -> None:
    options = {"width": 8, "kernel": 1, "direct": True, "triage": True, "context": 3}
    network = build("lite0_s16s32_head", options, LABELS).eval()
    with torch.inference_mode():
        outputs = network(torch.randn(2, 3, 128, 128))
        features = outputs["features"]
        torch.testing.assert_close(
            outputs["logits"], features.mean(dim=(2, 3)) @ network.head.weight.T + network.head.bias
        )
        direct, context = features[:, 8 : 8 + 432], features[:, 8 + 432 :]
    assert context.shape == direct.shape == (2, 432, 8, 8)
    assert context.std(dim=(2, 3)).mean() < 0.7 * direct.std(dim=(2, 3)).mean()
