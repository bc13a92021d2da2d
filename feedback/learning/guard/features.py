"""Pooled features of every sample, computed once and kept on disk: heads are fitted on them in seconds."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from feedback.learning.backbone import MEAN, STD, imagenet_lite0
from feedback.learning.guard.samples import GuardSample, sample_grey
from feedback.learning.progress import Progress
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.values import Frame
from registry.runtime.architectures.intake_guard import IntakeGuard

Features = NDArray[np.float32]

BATCH = 16
# Enough films for the mean and variance of 152 channels over 100 cells each.
STANDARDISED_ON = 512


def load_early_stages(network: IntakeGuard) -> None:
    """Fill the guard's body with the ImageNet weights of the same layers."""
    weights = imagenet_lite0()
    network.body.load_state_dict({name: weights[name] for name in network.body.state_dict()}, strict=True)


def guard_input(grey: NDArray[np.float32], *, size: int, settings: PreprocessSettings) -> Features:
    """float32 (3, size, size), by the preprocessing that serves."""
    return preprocess(Frame(grey=grey), size=size, settings=settings, mean=MEAN, std=STD).array


@torch.inference_mode()
def fit_standardisation(
    network: IntakeGuard, samples: Sequence[GuardSample], *, size: int, settings: PreprocessSettings
) -> None:
    """Mean and variance of the stages' channels over an even choice of samples."""
    network.eval()
    chosen = [
        samples[index] for index in np.linspace(0, len(samples) - 1, min(STANDARDISED_ON, len(samples)), dtype=int)
    ]
    count, total, squares = 0, torch.zeros(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    for batch in _batches(chosen, size=size, settings=settings):
        joined = network.joined(*network.body(batch)).double()
        count += joined.shape[0] * joined.shape[2] * joined.shape[3]
        total = total + joined.sum(dim=(0, 2, 3))
        squares = squares + joined.square().sum(dim=(0, 2, 3))
    mean = total / count
    assert network.standardise.running_mean is not None and network.standardise.running_var is not None
    network.standardise.running_mean.copy_(mean)
    network.standardise.running_var.copy_((squares / count - mean.square()).clamp_min(1e-6))


def pooled_features(
    network: IntakeGuard,
    samples: Sequence[GuardSample],
    *,
    size: int,
    settings: PreprocessSettings,
    folder: Path,
    data_digest: str,
) -> Features:
    """float32 (samples, channels): what the head is applied to."""
    target = folder / f"{_key(network, samples, size=size, settings=settings, data_digest=data_digest)}.npy"
    if target.exists():
        return np.asarray(np.load(target))
    found, progress = [], Progress("features of the guard", len(samples))
    for batch in _batches(samples, size=size, settings=settings):
        with torch.inference_mode():
            found.append(network(batch)["features"].mean(dim=(2, 3)).numpy())
        progress.show(sum(len(part) for part in found))
    folder.mkdir(parents=True, exist_ok=True)
    features = np.concatenate(found).astype(np.float32)
    partial = target.with_suffix(".partial.npy")
    np.save(partial, features)
    partial.replace(target)
    return features


def _batches(samples: Sequence[GuardSample], *, size: int, settings: PreprocessSettings) -> Iterator[torch.Tensor]:
    for first in range(0, len(samples), BATCH):
        rows = [
            guard_input(sample_grey(entry), size=size, settings=settings) for entry in samples[first : first + BATCH]
        ]
        yield torch.from_numpy(np.stack(rows)).contiguous(memory_format=torch.channels_last)


def _key(
    network: IntakeGuard,
    samples: Sequence[GuardSample],
    *,
    size: int,
    settings: PreprocessSettings,
    data_digest: str,
) -> str:
    assert network.standardise.running_mean is not None
    parts = {
        "data": data_digest,
        "size": size,
        "settings": settings.to_dict(),
        "waves": network.waves.flatten().tolist(),
        "standardise": network.standardise.running_mean.tolist(),
        "samples": [
            [entry.kind, str(entry.film and entry.film.path.name), repr(entry.view), entry.drawn, list(entry.seed)]
            for entry in samples
        ],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
