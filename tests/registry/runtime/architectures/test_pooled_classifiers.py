"""Every published backbone keeps the head interface, and its one-pass map is the grad-cam package's."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

from imaging.pipeline.explain import contributions
from imaging.pipeline.explain_reference import reference_maps
from registry.runtime.architectures import build
from registry.runtime.errors import ArtefactMalformed

LABELS = ("mass", "effusion", "nodule")
CHANNELS = {
    "resnet18": 512,
    "resnet50": 2048,
    "densenet121": 1024,
    "efficientnet_b0": 1280,
    "efficientnet_b7": 2560,
    "efficientnet_lite0": 1280,
}
SIZE = 64
LABELS_EXPLAINED = 2


@lru_cache
def built(architecture: str) -> torch.nn.Module:
    """Fresh weights, with running statistics that fit them: otherwise the features of deep networks explode or die."""
    torch.manual_seed(0)
    network = build(architecture, {"triage": True}, LABELS).train()
    with torch.no_grad():
        network(torch.randn(2, 3, SIZE, SIZE))
        network.head.weight.normal_()
    return network.eval()


@pytest.mark.parametrize("architecture", CHANNELS)
class TestEveryBackbone:
    def test_logits_are_the_linear_layer_of_the_mean_of_the_features(self, architecture: str) -> None:
        network = built(architecture)
        with torch.inference_mode():
            outputs = network(torch.randn(2, 3, SIZE, SIZE))
        features = outputs["features"]
        assert tuple(features.shape) == (2, CHANNELS[architecture], SIZE // 32, SIZE // 32)
        assert tuple(outputs["triage_logits"].shape) == (2, 3)
        pooled = features.mean(dim=(2, 3))
        torch.testing.assert_close(outputs["logits"], pooled @ network.head.weight.T + network.head.bias)

    def test_the_map_of_every_label_is_the_package_s(self, architecture: str) -> None:
        network = built(architecture)
        array = np.random.default_rng(1).normal(size=(3, SIZE, SIZE)).astype(np.float32)
        with torch.inference_mode():
            features = network(torch.from_numpy(array[None]))["features"][0].numpy()
        mine = contributions(features, network.head.weight.detach().numpy())[:LABELS_EXPLAINED]
        reference = reference_maps(network, array, labels=range(LABELS_EXPLAINED)).signed
        scale = np.abs(mine).max()
        assert scale > 0
        np.testing.assert_allclose(mine / scale, reference / scale, atol=1e-4)


def test_a_network_standardises_its_channels_itself_where_its_weights_want_that() -> None:
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    plain, own = (
        built("resnet18"),
        build("resnet18", {"triage": True, "channel_mean": mean, "channel_std": std}, LABELS),
    )
    own.eval().load_state_dict(plain.state_dict())
    grey = torch.rand(2, 1, SIZE, SIZE).expand(-1, 3, -1, -1)
    by_hand = (grey - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
    with torch.inference_mode():
        torch.testing.assert_close(own(grey)["logits"], plain(by_hand)["logits"])


def test_the_epsilon_of_every_norm_can_be_that_of_the_weights() -> None:
    network = build("efficientnet_b0", {"norm_epsilon": 0.5}, LABELS)
    norms = [module.eps for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert len(norms) > 40 and set(norms) == {0.5}


@pytest.mark.parametrize(
    "options",
    [{"channel_mean": [0.5, 0.5, 0.5]}, {"channel_mean": [0.5], "channel_std": [0.2]}, {"unheard_of": 1}],
    ids=str,
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ArtefactMalformed):
        build("resnet18", options, LABELS)
