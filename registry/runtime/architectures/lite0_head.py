"""The staged head on EfficientNet-Lite0, under the name by which the first shipped versions knew it."""

from registry.runtime.architectures.staged_head import StagedHead as Lite0Head

__all__ = ["Lite0Head"]
