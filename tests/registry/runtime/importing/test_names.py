"""Names of weights in other programs."""

import pytest

from registry.runtime.importing.errors import ImportUnknown
from registry.runtime.importing.names import our_names

CASES = [
    ("resnet18", "torchvision", "layer3.0.downsample.1.running_var", "body.6.0.downsample.1.running_var"),
    ("resnet50", "timm", "fc.bias", "head.bias"),
    ("densenet121", "torchvision", "features.norm5.weight", "body.0.norm5.weight"),
    (
        "densenet121",
        "torchvision",
        "features.denseblock2.denselayer11.norm.2.bias",
        "body.0.denseblock2.denselayer11.norm2.bias",
    ),
    (
        "densenet121",
        "chexnet",
        "module.densenet121.features.denseblock4.denselayer1.conv.1.weight",
        "body.0.denseblock4.denselayer1.conv1.weight",
    ),
    ("densenet121", "chexnet", "module.densenet121.classifier.0.weight", "head.weight"),
    ("efficientnet_b0", "torchvision", "classifier.1.weight", "head.weight"),
    ("efficientnet_b0", "timm", "conv_stem.weight", "body.0.0.weight"),
    ("efficientnet_b0", "timm", "blocks.0.0.se.conv_expand.bias", "body.1.0.block.1.fc2.bias"),
    ("efficientnet_b7", "timm", "blocks.6.3.conv_pwl.weight", "body.7.3.block.3.0.weight"),
    ("efficientnet_b7", "timm", "bn2.running_mean", "body.8.1.running_mean"),
    ("efficientnet_lite0", "timm", "blocks.1.0.bn3.weight", "body.blocks.1.0.bn3.weight"),
]


@pytest.mark.parametrize(("architecture", "source", "theirs", "ours"), CASES, ids=[case[2] for case in CASES])
def test_a_name_becomes_ours(architecture: str, source: str, theirs: str, ours: str) -> None:
    assert our_names([theirs], architecture=architecture, source=source) == {theirs: ours}


def test_a_prefix_is_only_dropped_when_every_name_has_it() -> None:
    names = our_names(["module.fc.bias", "fc.weight"], architecture="resnet18", source="torchvision")
    assert names == {"module.fc.bias": "module.fc.bias", "fc.weight": "head.weight"}


def test_what_a_map_does_not_know_keeps_its_name() -> None:
    for architecture in ("resnet18", "densenet121", "efficientnet_b0"):
        for source in ("torchvision", "timm"):
            assert our_names(["aux.weight"], architecture=architecture, source=source)["aux.weight"] == "aux.weight"
    assert our_names(["blocks.1.0.odd.weight"], architecture="efficientnet_b0", source="timm") == {
        "blocks.1.0.odd.weight": "blocks.1.0.odd.weight"
    }


@pytest.mark.parametrize(("architecture", "source"), [("resnet18", "chexnet"), ("vgg16", "torchvision")])
def test_a_map_that_is_not_there_names_those_that_are(architecture: str, source: str) -> None:
    with pytest.raises(ImportUnknown, match="densenet121 \\(chexnet\\)"):
        our_names([], architecture=architecture, source=source)
