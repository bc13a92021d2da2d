"""Grad-CAM by the grad-cam package: for networks without a pooling tail, and as the reference of the tests."""

from collections.abc import Sequence
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

    def get_cam_image(self, *arguments: Any, **keywords: Any) -> NDArray[np.float32]:
        self.signed: NDArray[np.float32] = super().get_cam_image(*arguments, **keywords)
        return self.signed


def signed_maps(network: nn.Module, array: NDArray[np.float32], *, labels: Sequence[int]) -> NDArray[np.float32]:
    """Grad-CAM's weighted sums, float32 (L, h, w): one backward pass a label.

    Args:
        array: float32 (3, S, S).
        labels: indices of the logits to explain.
    Raises:
        ExplanationImpossible: no layer to explain by.
    """
    return np.stack([_explain(network, array, label)[0] for label in labels])


def normalised_maps(network: nn.Module, array: NDArray[np.float32], *, labels: Sequence[int]) -> NDArray[np.float32]:
    """The package's own result, float32 (L, S, S) in [0, 1]: cut at zero, scaled, upsampled. Raises as signed_maps."""
    return np.stack([_explain(network, array, label)[1] for label in labels])


def explained_layer(network: nn.Module, array: NDArray[np.float32]) -> nn.Module:
    """The layer that the network names `explained_layer`, else the last one to put out its "features".

    The last: in-place additions and activations make earlier layers put out the very same tensor, before it is finished
    (ResNet's last BatchNorm, DenseNet's `features`), and a hook there keeps what is not averaged.

    Raises:
        ExplanationImpossible: neither is there.
    """
    named = getattr(network, "explained_layer", None)
    if isinstance(named, nn.Module):
        return named
    outputs: list[tuple[nn.Module, Any]] = []
    handles = [
        module.register_forward_hook(lambda module, _, output: outputs.append((module, output)))
        for module in network.modules()
        if module is not network
    ]
    try:
        with torch.no_grad():
            features = network(torch.from_numpy(array[None].copy())).get("features")
    finally:
        for handle in handles:
            handle.remove()
    for module, output in reversed(outputs):
        if features is not None and output is features:
            return module
    raise ExplanationImpossible


def _explain(network: nn.Module, array: Grey, label: int) -> tuple[Grey, Grey]:
    batch = torch.from_numpy(array[None].copy()).requires_grad_(True)
    network.requires_grad_(True)  # a frozen body under no_grad still leaves the head's activations in a graph
    explainer = _SignedGradCAM(model=_Logits(network), target_layers=[explained_layer(network, array)])
    try:
        scaled = explainer(input_tensor=batch, targets=[ClassifierOutputTarget(label)])
        return explainer.signed[0], scaled[0]
    finally:
        explainer.activations_and_grads.release()
        network.requires_grad_(False)
