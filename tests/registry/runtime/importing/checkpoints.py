"""Checkpoints as other programs write them, and hostile ones. Random weights, seeded."""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn


def seeded(make: Any, **options: Any) -> nn.Module:
    """A network in evaluation mode whose running statistics are not the trivial ones."""
    torch.manual_seed(0)
    network: nn.Module = make(**options)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()


def saved(state: Mapping[str, Any], path: Path, *, legacy: bool = False) -> Path:
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    return path


def old_dense_names(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """denselayer1.norm1.weight -> denselayer1.norm.1.weight, as torchvision before 0.2 and CheXNet's checkpoint."""
    renamed = {}
    for name, tensor in state.items():
        for kind in ("norm", "conv"):
            for number in "12":
                if "denselayer" in name:
                    name = name.replace(f".{kind}{number}.", f".{kind}.{number}.")
        renamed[name] = tensor
    return renamed


class Exploit:
    """Unpickling this calls a function with an argument: here one that would write a file."""

    def __init__(self, target: Path, call: Any) -> None:
        self.target, self.call = target, call

    def __reduce__(self) -> Any:
        return self.call, (str(self.target),)


def hostile_pickle(path: Path, payload: Any, *, protocol: int, zipped: bool) -> Path:
    """A checkpoint whose pickle holds the payload, as a zip like today's or bare."""
    data = pickle.dumps({"state_dict": payload}, protocol=protocol)
    if not zipped:
        path.write_bytes(data)
        return path
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/version", "3\n")
    return path
