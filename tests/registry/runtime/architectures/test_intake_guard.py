"""The guard keeps the classifier's tail, knows where things are, and stays small."""

import math

import pytest
import torch

from registry.runtime.architectures import build
from registry.runtime.architectures.intake_guard import cosines
from registry.runtime.errors import ArtefactMalformed

LABELS = ("chest", "other", "inverted")
WAVES = [[0, 0], [1, 0], [0, 1]]


def test_logits_are_the_linear_layer_of_the_mean_of_the_features() -> None:
    network = build("intake_guard", {"size": 64, "waves": WAVES}, LABELS).eval()
    with torch.inference_mode():
        outputs = network(torch.randn(2, 3, 64, 64))
        pooled = outputs["features"].mean(dim=(2, 3))
        torch.testing.assert_close(outputs["logits"], pooled @ network.head.weight.T + network.head.bias)
    assert tuple(outputs["features"].shape) == (2, 152 * 3, 4, 4)


def test_waves_are_the_rows_of_the_cosine_transform() -> None:
    waves = cosines(((0, 0), (2, 1)), cells=10)
    assert torch.equal(waves[0], torch.ones(10, 10))
    expected = math.cos(math.pi * 3.5 * 2 / 10) * math.cos(math.pi * 7.5 / 10)
    assert waves[1, 3, 7].item() == pytest.approx(expected, abs=1e-6)


def test_a_turned_image_has_other_pooled_features_where_a_plain_average_has_nearly_the_same() -> None:
    network = build("intake_guard", {"size": 64, "waves": WAVES}, LABELS).eval()
    stages = torch.randn(1, 40, 8, 8), torch.randn(1, 112, 4, 4)
    with torch.inference_mode():
        upright = network.from_stages(*stages).mean(dim=(2, 3))
        turned = network.from_stages(*(torch.rot90(stage, 2, dims=(2, 3)) for stage in stages)).mean(dim=(2, 3))
    torch.testing.assert_close(turned[:, :152], upright[:, :152])
    torch.testing.assert_close(turned[:, 152:], -upright[:, 152:], atol=1e-5, rtol=1e-4)


def test_the_weights_fit_into_three_megabytes_of_half_precision() -> None:
    network = build("intake_guard", {"size": 160, "waves": WAVES}, LABELS)
    assert 2 * sum(tensor.numel() for tensor in network.state_dict().values()) < 3_000_000


def test_options_that_the_architecture_does_not_take_are_refused() -> None:
    with pytest.raises(ArtefactMalformed):
        build("intake_guard", {"size": 64}, LABELS)
