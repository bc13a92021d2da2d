"""A file of weights from elsewhere -> names and arrays. safetensors, or PyTorch's own format with tensors only."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from registry.runtime.importing.errors import WeightsTooLarge, WeightsUnreadable, WeightsUnsafe
from registry.runtime.importing.pickles import SIZE_LIMIT_BYTES, checkpoint_check

Weights = dict[str, NDArray[np.generic]]
WRAPPERS = ("state_dict", "model_state_dict", "model")
MOST_TENSORS = 20_000


def checkpoint_read(path: Path) -> Weights:
    """Every tensor of the file's state dictionary by name; floats of any precision as float32.

    Raises:
        WeightsUnreadable, WeightsTooLarge, WeightsUnsafe.
    """
    content = _safetensors(path) if _is_safetensors(path) else _unpickled(path)
    state = _state_of(content)
    if not state or len(state) > MOST_TENSORS:
        raise WeightsUnreadable
    if sum(tensor.numel() * tensor.element_size() for tensor in state.values()) > SIZE_LIMIT_BYTES:
        raise WeightsTooLarge  # a view may claim more than the file holds
    return {name: _array(tensor) for name, tensor in state.items()}


def _is_safetensors(path: Path) -> bool:
    """8 bytes of length, then a JSON object: no pickle and no zip begins so."""
    try:
        with path.open("rb") as file:
            return file.read(9)[8:] == b"{"
    except OSError as error:
        raise WeightsUnreadable("The file of weights is not there or cannot be read.") from error


def _safetensors(path: Path) -> Mapping[str, Any]:
    if path.stat().st_size > SIZE_LIMIT_BYTES:
        raise WeightsTooLarge
    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WeightsUnreadable from error


def _unpickled(path: Path) -> Any:
    checkpoint_check(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsUnsafe from error
    except Exception as error:  # noqa: BLE001 - a damaged checkpoint makes torch.load raise almost anything
        raise WeightsUnreadable from error


def _state_of(content: Any) -> dict[str, torch.Tensor]:
    """The state dictionary itself, or the one under a customary name; what is no tensor beside it is left out."""
    for name in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
    if not isinstance(content, Mapping):
        raise WeightsUnreadable
    return {str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)}


def _array(tensor: torch.Tensor) -> NDArray[np.generic]:
    if tensor.is_sparse or tensor.is_quantized or tensor.is_complex():
        raise WeightsUnreadable("The file holds sparse, quantised or complex tensors.")
    dense = tensor.detach().contiguous()
    return dense.to(torch.float32).numpy() if dense.is_floating_point() else dense.numpy()
