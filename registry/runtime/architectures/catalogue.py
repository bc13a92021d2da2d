"""The names of the architectures, and where their builders are."""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from registry.runtime.errors import ArchitectureUnknown, ArtefactMalformed

if TYPE_CHECKING:
    from torch import nn

Builder = Callable[[dict[str, Any], tuple[str, ...]], "nn.Module"]

# Families are imported when one of their architectures is first built: each imports torch.
FAMILIES = {
    "lite0_s16s32_head": "registry.runtime.architectures.staged_head",
    "resnet18_s16s32_head": "registry.runtime.architectures.staged_head",
    "densenet121_s16s32_head": "registry.runtime.architectures.staged_head",
    "lite0_dense": "registry.runtime.architectures.lite0_dense",
    "paired_heads": "registry.runtime.architectures.paired_heads",
    "intake_guard": "registry.runtime.architectures.intake_guard",
    "context_faster_rcnn": "registry.runtime.architectures.context_faster_rcnn",
    "anchor_free_yolo": "registry.runtime.architectures.anchor_free_yolo",
    "lean_faster_rcnn": "registry.runtime.architectures.faster_rcnn_lean",
    "resnet18": "registry.runtime.architectures.pooled_classifiers",
    "resnet50": "registry.runtime.architectures.pooled_classifiers",
    "densenet121": "registry.runtime.architectures.pooled_classifiers",
    "efficientnet_b0": "registry.runtime.architectures.pooled_classifiers",
    "efficientnet_b7": "registry.runtime.architectures.pooled_classifiers",
    "efficientnet_lite0": "registry.runtime.architectures.pooled_classifiers",
}
_builders: dict[str, Builder] = {}


def register_architecture(name: str) -> Callable[[Builder], Builder]:
    """Decorator: makes a builder (options, labels) -> nn.Module known under a name."""

    def register(builder: Builder) -> Builder:
        _builders[name] = builder
        return builder

    return register


def build(name: str, options: dict[str, Any], labels: tuple[str, ...]) -> "nn.Module":
    """A network with fresh weights, in training mode.

    Raises:
        ArchitectureUnknown: nothing is registered under the name.
        ArtefactMalformed: the builder does not take these options.
    """
    if name not in _builders and name in FAMILIES:
        importlib.import_module(FAMILIES[name])
    if name not in _builders:
        raise ArchitectureUnknown
    try:
        return _builders[name](dict(options), labels)
    except (TypeError, KeyError, ValueError) as error:
        raise ArtefactMalformed("The architecture does not take the options that the model states.") from error
