"""The reference engine: eager fp32 torch, on a GPU when there is one. Every other engine is measured against it."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from registry.runtime import architectures
from registry.runtime.engines.base import ClassifierOutput, DetectorOutput
from registry.runtime.errors import ArtefactMalformed
from registry.runtime.values import ModelSpec


class TorchEngine:
    """A network in evaluation mode, without gradients.

    Dense and depthwise convolutions alike gain from channels_last on CPUs (STACK.md), so networks and batches
    are kept in it. Weights and activations stay fp32: bf16 moved probabilities of a trained EfficientNet by up to .17.
    """

    def __init__(self, network: nn.Module, *, device: torch.device | None = None) -> None:
        self.device = inference_device() if device is None else device
        network = network.eval().requires_grad_(False)
        self.network = network.to(device=self.device, memory_format=torch.channels_last)

    def classify(self, batch: NDArray[np.float32]) -> ClassifierOutput:
        with torch.inference_mode():
            output = self.network(self._tensor(batch))
        head = self.network.head if "features" in output else None
        return ClassifierOutput(
            logits=_array(output["logits"]),
            features=_optional_array(output.get("features")),
            triage_logits=_optional_array(output.get("triage_logits")),
            head_weight=_array(head.weight) if isinstance(head, nn.Linear) else None,
            head_bias=_array(head.bias) if isinstance(head, nn.Linear) else None,
        )

    def detect(self, batch: NDArray[np.float32]) -> list[DetectorOutput]:
        with torch.inference_mode():
            outputs = self.network(list(self._tensor(batch)))
        return [_detector_output(output) for output in outputs]

    def _tensor(self, batch: NDArray[np.float32]) -> torch.Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(batch))
        return tensor.to(device=self.device, memory_format=torch.channels_last)


def inference_device() -> torch.device:
    """Where networks run: the first CUDA GPU that torch can use, else the CPU."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def torch_engine(spec: ModelSpec, weights: Mapping[str, NDArray[np.generic]]) -> TorchEngine:
    """The version's network with its weights.

    Raises:
        ArchitectureUnknown, ArtefactMalformed: a tensor is missing, unknown or of another shape.
    """
    network = architectures.build(spec.architecture, spec.architecture_options, spec.labels)
    try:
        network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, strict=True)
    except (RuntimeError, TypeError) as error:
        raise ArtefactMalformed("The weights do not fit the architecture that the model states.") from error
    return TorchEngine(network)


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().to(device="cpu", dtype=torch.float32).contiguous().numpy()


def _optional_array(tensor: torch.Tensor | None) -> NDArray[np.float32] | None:
    return None if tensor is None else _array(tensor)


def _detector_output(output: dict[str, torch.Tensor]) -> DetectorOutput:
    order = torch.argsort(output["scores"], descending=True)
    return DetectorOutput(
        boxes=_array(output["boxes"][order]),
        labels=output["labels"][order].to(device="cpu", dtype=torch.int64).numpy() - 1,
        scores=_array(output["scores"][order]),
    )
