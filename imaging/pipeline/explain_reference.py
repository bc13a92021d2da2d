"""Grad-CAM by the grad-cam package: for networks without a pooling tail, and as the reference of the tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from imaging.pipeline.errors import ExplanationImpossible

Grey = NDArray[np.float32]


class _Logits(nn.Module):
    """The network as the package wants it: a tensor of logits instead of a dict."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(batch)["logits"]
        return logits


class _SignedGradCAM(GradCAM):
    """Keeps the weighted sum of the activations before the package cuts it at zero and scales it to its own range."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.signed: list[Grey] = []

    def get_cam_image(self, *arguments: Any, **keywords: Any) -> Grey:
        image: Grey = super().get_cam_image(*arguments, **keywords)
        self.signed.append(image[0].copy())
        return image


class _FeatureTap:
    """Keeps the very tensor that the network calls its features, and the gradient that reaches it.

    The package hooks layers instead, and finds the wrong thing where a later addition or activation works in place
    (ResNet's last BatchNorm, DenseNet's `features`), and nothing where the features come from a function.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.activations: list[torch.Tensor] = []
        self.gradients: list[torch.Tensor] = []

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        output = self.network(batch)
        self.activations, self.gradients = [output["features"].detach()], []
        output["features"].register_hook(lambda gradient: self.gradients.append(gradient.detach()))
        logits: torch.Tensor = output["logits"]
        return logits

    def release(self) -> None:
        self.activations, self.gradients = [], []


@dataclass(frozen=True, slots=True)
class ReferenceMaps:
    """What the package says of one image.

    Attributes:
        signed: float32 (L, h, w), the weighted sums of the activations: signed contributions per cell.
        normalised: float32 (L, S, S) in [0, 1], the package's own result: cut at zero, scaled, upsampled.
    """

    signed: Grey
    normalised: Grey


def reference_maps(network: nn.Module, array: Grey, *, labels: Sequence[int]) -> ReferenceMaps:
    """Grad-CAM of one image, one forward and backward pass a label.

    Args:
        array: float32 (3, S, S).
        labels: indices of the logits to explain.
    Raises:
        ExplanationImpossible: the network has no features and names no `explained_layer`.
    """
    batch = torch.from_numpy(array[None].copy()).requires_grad_(True)
    network.requires_grad_(True)  # a frozen body under no_grad still leaves the head's activations in a graph
    explainer = _explainer(network, batch)
    try:
        scaled = [explainer(input_tensor=batch, targets=[ClassifierOutputTarget(label)])[0] for label in labels]
        return ReferenceMaps(signed=np.stack(explainer.signed), normalised=np.stack(scaled))
    finally:
        explainer.activations_and_grads.release()
        network.requires_grad_(False)


def _explainer(network: nn.Module, batch: torch.Tensor) -> _SignedGradCAM:
    with torch.no_grad():
        has_features = "features" in network(batch)
    layer = network if has_features else getattr(network, "explained_layer", None)
    if not isinstance(layer, nn.Module):
        raise ExplanationImpossible
    explainer = _SignedGradCAM(model=_Logits(network), target_layers=[layer])
    if has_features:
        explainer.activations_and_grads.release()
        explainer.activations_and_grads = _FeatureTap(network)
    return explainer
