"""Backbones as two halves: `stem` gives the stages of stride 8 and 16, `tail` makes stride 32 of stride 16.

Training keeps the stages of stride 16 and 32 on disk; distillation compares all three.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import timm
import torch
from torch import Tensor, nn
from torchvision import models

Pair = tuple[Tensor, Tensor]


class StagedBody(nn.Module, ABC):
    """(n, 3, S, S) -> the stages (n, C16, S/16, S/16) and (n, C32, S/32, S/32)."""

    @abstractmethod
    def stem(self, images: Tensor) -> Pair:
        """Stages of stride 8 and 16."""

    @abstractmethod
    def tail(self, s16: Tensor) -> Tensor:
        """The stage of stride 32 of the one of stride 16."""

    def forward(self, images: Tensor) -> Pair:
        s16 = self.stem(images)[1]
        return s16, self.tail(s16)


class ResNet18Body(StagedBody):
    """torchvision's ResNet-18 without pooling and classifier: layer3 and layer4, after their ReLU."""

    def __init__(self) -> None:
        super().__init__()
        whole = models.resnet18(weights=None)
        self.entry = nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool)
        self.layer1, self.layer2, self.layer3, self.layer4 = whole.layer1, whole.layer2, whole.layer3, whole.layer4

    def stem(self, images: Tensor) -> Pair:
        s8 = self.layer2(self.layer1(self.entry(images)))
        return s8, self.layer3(s8)

    def tail(self, s16: Tensor) -> Tensor:
        return self.layer4(s16)


class DenseNet121Body(StagedBody):
    """torchvision's DenseNet-121 without classifier: transition3 before its pooling, and norm5 with its ReLU.

    The ReLU is out of place: torchvision's own forward overwrites what it is applied to, which makes maps wrong by up
    to 0.7.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = models.densenet121(weights=None).features

    def stem(self, images: Tensor) -> Pair:
        found = images
        for name in ("conv0", "norm0", "relu0", "pool0", "denseblock1", "transition1", "denseblock2"):
            found = self.features.get_submodule(name)(found)
        s8 = self._before_pooling("transition2", found)
        s16 = self.features.get_submodule("denseblock3")(self.features.get_submodule("transition2").pool(s8))
        return s8, self._before_pooling("transition3", s16)

    def tail(self, s16: Tensor) -> Tensor:
        pooled = self.features.get_submodule("transition3").pool(s16)
        dense = self.features.get_submodule("denseblock4")(pooled)
        return torch.relu(self.features.get_submodule("norm5")(dense))

    def _before_pooling(self, transition: str, found: Tensor) -> Tensor:
        stage = self.features.get_submodule(transition)
        return stage.conv(stage.relu(stage.norm(found)))


class Lite0Body(StagedBody):
    """timm's EfficientNet-Lite0 under timm's own names: `blocks` 4 and 6, linear bottlenecks without activation."""

    def __init__(self) -> None:
        super().__init__()
        whole = timm.create_model("tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=(3, 4))
        self.conv_stem, self.bn1, self.blocks = whole.conv_stem, whole.bn1, whole.blocks

    def stem(self, images: Tensor) -> Pair:
        found = self.bn1(self.conv_stem(images))
        s8 = self.blocks[:3](found)
        return s8, self.blocks[3:5](s8)

    def tail(self, s16: Tensor) -> Tensor:
        return self.blocks[5:](s16)


@dataclass(frozen=True, slots=True)
class BodyKind:
    """How to build a backbone, and the channels of its stages of stride 8, 16 and 32."""

    make: Callable[[], StagedBody]
    channels: tuple[int, int, int]


BODIES = {
    "lite0": BodyKind(Lite0Body, (40, 112, 320)),
    "resnet18": BodyKind(ResNet18Body, (128, 256, 512)),
    "densenet121": BodyKind(DenseNet121Body, (256, 512, 1024)),
}
