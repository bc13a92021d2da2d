"""torchvision classifiers whose tail is features -> global average pool -> linear, behind the head interface."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torchvision import models

from registry.runtime.architectures.catalogue import Builder, register_architecture


class PooledClassifier(nn.Module):
    """Body -> features -> average pool -> linear head, and on the same pooled features a triage head where wanted."""

    def __init__(self, body: nn.Module, *, channels: int, labels: int, triage: bool) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(channels, labels)
        self.triage_head = nn.Linear(channels, 3) if triage else None

    def forward(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """float32 (n, 3, S, S) -> logits (n, L), features (n, C, h, w); triage_logits (n, 3) with a triage head."""
        features = self.body(batch)
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


def _builder(make: Callable[..., Any], body_of: Callable[[Any], nn.Module], channels: int) -> Builder:
    def build(options: dict[str, Any], labels: tuple[str, ...]) -> nn.Module:
        triage = bool(options.pop("triage", False))
        body = body_of(make(weights=None, **options))
        return PooledClassifier(body, channels=channels, labels=len(labels), triage=triage)

    return build


register_architecture("resnet18")(_builder(models.resnet18, _resnet_body, 512))
register_architecture("resnet50")(_builder(models.resnet50, _resnet_body, 2048))
register_architecture("densenet121")(_builder(models.densenet121, _densenet_body, 1024))
register_architecture("efficientnet_b0")(_builder(models.efficientnet_b0, _efficientnet_body, 1280))
