"""Tiny artefacts with seeded random weights, made through the product's own writer."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from registry.runtime import architectures
from registry.runtime.artefacts import artefact_pack
from registry.runtime.values import Calibration, InputSpec, ModelSpec, OperatingPoint, TriageSpec

POINT = OperatingPoint(
    threshold=0.5,
    sensitivity=0.9,
    sensitivity_interval=(0.85, 0.94),
    specificity=0.8,
    specificity_interval=(0.74, 0.86),
    n_positive=100,
    n_negative=202,
    data_digest="0" * 64,
    chosen_for="sensitivity .90 out of fold",
)
LABELS = ("effusion", "pneumothorax")
SOFTMAX = TriageSpec(
    kind="softmax", temperature=1.0, label=None, urgent=POINT, flagged=POINT, sentence_source="the test's own rule"
)


def make_spec(**changes: Any) -> ModelSpec:
    """A valid classifier specification."""
    labels = changes.get("labels", LABELS)
    values: dict[str, Any] = {
        "name": "sample",
        "version": "1.0.0",
        "task": "classifier",
        "architecture": "resnet18",
        "architecture_options": {"triage": True},
        "case_types": ("chest",),
        "labels": labels,
        "input": InputSpec(size=128, mean=0.5, std=0.25),
        "calibration": {label: Calibration(temperature=1.5, bias=0.25) for label in labels},
        "operating_points": dict.fromkeys(labels, POINT),
        "triage": SOFTMAX,
    }
    return ModelSpec(**{**values, **changes})


def make_tensors(spec: ModelSpec, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights for a specification's architecture; every second label is the opposite of the one before."""
    torch.manual_seed(seed)
    network = architectures.build(spec.architecture, spec.architecture_options, spec.labels)
    with torch.no_grad():
        network.head.weight.normal_()
        network.head.bias.normal_()
        for row in range(1, len(spec.labels), 2):
            network.head.weight[row] = -network.head.weight[row - 1]
            network.head.bias[row] = -network.head.bias[row - 1]
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


def make_artefact(spec: ModelSpec | None = None, *, seed: int = 0) -> bytes:
    """The bytes of an artefact with random weights."""
    spec = spec or make_spec()
    return artefact_pack(spec, make_tensors(spec, seed=seed))


def write_starter(folder: Path, *, data: bytes, spec: ModelSpec, sha256: str, routes: dict[str, list[str]]) -> None:
    """A folder like registry/starter_models that holds one version."""
    file = f"{spec.name}-{spec.version}.safetensors"
    (folder / file).write_bytes(data)
    entry = {"name": spec.name, "version": spec.version, "file": file, "sha256": sha256, "card": "card.md"}
    (folder / "index.json").write_text(json.dumps({"models": [entry], "routes": routes}))
