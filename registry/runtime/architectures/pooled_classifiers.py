"""Published classifiers whose tail is features -> global average pool -> linear, behind the head interface.

Options of all of them:
    triage: add a three-class head on the same pooled features.
    channel_mean, channel_std: three values each; the network then standardises its channels itself, as weights
        that were trained on colour photographs want, and the version's InputSpec says mean 0 and standard deviation 1.
    norm_epsilon: of every BatchNorm, for weights that were trained with another than torchvision's.
Whatever else they hold goes to torchvision's builder.
"""

from collections.abc import Callable, Sequence
from typing import Any

import timm
import torch
from torch import nn
from torchvision import models

from registry.runtime.architectures.catalogue import Builder, register_architecture


class ChannelStandard(nn.Module):
    """(n, 3, S, S) in [0, 1] -> each channel minus its mean, over its standard deviation; constants, not weights."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
            raise ValueError("three means and three standard deviations above 0")
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        standard: torch.Tensor = (batch - self.mean) / self.std
        return standard


class PooledClassifier(nn.Module):
    """Body -> features -> average pool -> linear head, and on the same pooled features a triage head where wanted."""

    def __init__(
        self, body: nn.Module, *, channels: int, labels: int, triage: bool, standard: ChannelStandard | None = None
    ) -> None:
        super().__init__()
        self.standard = standard
        self.body = body
        self.head = nn.Linear(channels, labels)
        self.triage_head = nn.Linear(channels, 3) if triage else None

    def forward(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """float32 (n, 3, S, S) -> logits (n, L), features (n, C, h, w); triage_logits (n, 3) with a triage head."""
        features = self.body(batch if self.standard is None else self.standard(batch))
        pooled = features.mean(dim=(2, 3))
        output = {"logits": self.head(pooled), "features": features}
        return output if self.triage_head is None else {**output, "triage_logits": self.triage_head(pooled)}


def _resnet_body(network: models.ResNet) -> nn.Module:
    return nn.Sequential(*list(network.children())[:-2])


def _densenet_body(network: models.DenseNet) -> nn.Module:
    # torchvision's own forward applies this ReLU in place, which overwrites what a hook on `features` has kept: the map
    # is then wrong by up to 0.7. Here it is a module of the body, out of place, and the features are what follows it.
    return nn.Sequential(network.features, nn.ReLU(inplace=False))


def _efficientnet_body(network: models.EfficientNet) -> nn.Module:
    return network.features


def _whole(network: nn.Module) -> nn.Module:
    return network


def _lite0(**options: Any) -> nn.Module:
    """timm's EfficientNet-Lite0 up to its last activation: no pooling, no classifier."""
    body: nn.Module = timm.create_model(
        "tf_efficientnet_lite0", pretrained=False, num_classes=0, global_pool="", **options
    )
    return body


def _torchvision(make: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **options: make(weights=None, **options)


def _builder(make: Callable[..., Any], body_of: Callable[[Any], nn.Module], channels: int) -> Builder:
    def build(options: dict[str, Any], labels: tuple[str, ...]) -> nn.Module:
        triage = bool(options.pop("triage", False))
        standard = _standard(options.pop("channel_mean", None), options.pop("channel_std", None))
        epsilon = options.pop("norm_epsilon", None)
        body = body_of(make(**options))
        if epsilon is not None:
            _norm_epsilon_set(body, float(epsilon))
        return PooledClassifier(body, channels=channels, labels=len(labels), triage=triage, standard=standard)

    return build


def _standard(mean: Sequence[float] | None, std: Sequence[float] | None) -> ChannelStandard | None:
    if (mean is None) != (std is None):
        raise ValueError("channel_mean and channel_std belong together")
    return None if mean is None or std is None else ChannelStandard(mean, std)


def _norm_epsilon_set(body: nn.Module, epsilon: float) -> None:
    for module in body.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = epsilon


register_architecture("resnet18")(_builder(_torchvision(models.resnet18), _resnet_body, 512))
register_architecture("resnet50")(_builder(_torchvision(models.resnet50), _resnet_body, 2048))
register_architecture("densenet121")(_builder(_torchvision(models.densenet121), _densenet_body, 1024))
register_architecture("efficientnet_b0")(_builder(_torchvision(models.efficientnet_b0), _efficientnet_body, 1280))
register_architecture("efficientnet_b7")(_builder(_torchvision(models.efficientnet_b7), _efficientnet_body, 2560))
register_architecture("efficientnet_lite0")(_builder(_lite0, _whole, 1280))
