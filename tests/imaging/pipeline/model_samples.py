"""Loaded models without a network: engines that put out what a test wants; and frames that pass the quality check."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from imaging.pipeline.values import Frame
from registry.runtime.engines.base import ClassifierOutput, DetectorOutput
from registry.runtime.values import Calibration, Familiarity, LoadedModel
from tests.registry.runtime.artefact_samples import make_spec

CHANNELS = 4


class FlatNetwork(nn.Module):
    """A network over 128 px that flattens instead of pooling, and may name the layer that explains it."""

    def __init__(self, *, named: bool) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 4, 32, stride=32)
        self.tail = nn.Linear(4 * 4 * 4, 2)
        if named:
            self.explained_layer = self.body

    def forward(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"logits": self.tail(torch.relu(self.body(batch)).flatten(1))}


class FixedEngine:
    """Classifies by the mean of the input, detects one box; `check` may raise for an image."""

    def __init__(self, *, check: Callable[[np.ndarray], None] = lambda image: None, boxes: Any = None) -> None:
        self.check = check
        self.boxes = boxes or [([32.0, 32.0, 64.0, 96.0], 0, 0.9)]
        self.batches: list[int] = []

    def classify(self, batch: np.ndarray) -> ClassifierOutput:
        self.batches.append(len(batch))
        for image in batch:
            self.check(image)
        features = np.repeat(batch[:, :1, ::16, ::16], CHANNELS, axis=1).astype(np.float32)
        head_weight = np.array([[1.0] * CHANNELS, [-1.0] * CHANNELS], np.float32)
        head_bias = np.zeros(2, np.float32)
        pooled = features.mean(axis=(2, 3))
        return ClassifierOutput(
            logits=pooled @ head_weight.T + head_bias,
            features=features,
            triage_logits=np.tile(np.array([[3.0, 0.0, 0.0]], np.float32), (len(batch), 1)),
            head_weight=head_weight,
            head_bias=head_bias,
        )

    def detect(self, batch: np.ndarray) -> list[DetectorOutput]:
        corners, labels, scores = zip(*self.boxes, strict=True)
        output = DetectorOutput(
            boxes=np.array(corners, np.float32), labels=np.array(labels), scores=np.array(scores, np.float32)
        )
        return [output] * len(batch)


class MapsEngine(FixedEngine):
    """The same network as an engine that hands out contributions and pooled features in place of the features."""

    def classify(self, batch: np.ndarray) -> ClassifierOutput:
        output = super().classify(batch)
        cells = output.features.shape[2] * output.features.shape[3]
        maps = np.einsum("lc,nchw->nlhw", output.head_weight, output.features) / np.float32(cells)
        return replace(output, features=None, maps=maps, pooled=output.features.mean(axis=(2, 3)))


def make_model(
    *, engine: FixedEngine | None = None, familiarity: Familiarity | None = None, **changes: Any
) -> LoadedModel:
    """A classifier of two labels over a 128 px input."""
    return LoadedModel(
        spec=make_spec(**changes), sha256="0" * 64, engine=engine or FixedEngine(), familiarity=familiarity
    )


def make_detector(*, labels: tuple[str, ...] = ("fracture",), engine: FixedEngine | None = None) -> LoadedModel:
    """A detector whose calibration leaves scores as they are."""
    model = make_model(engine=engine, task="detector", name="boxes", labels=labels, triage=None)
    spec = replace(model.spec, calibration={label: Calibration(temperature=1.0) for label in labels})
    return replace(model, spec=spec)


def make_frame(*, rows: int = 160, columns: int = 200, seed: int = 0) -> Frame:
    """A frame of noise over a gradient: synthetic, and like a radiograph in nothing but its histogram."""
    noise = np.random.default_rng(seed).random((rows, columns)) * 0.5
    return Frame(grey=(noise + np.linspace(0.1, 0.5, columns)).astype(np.float32))
