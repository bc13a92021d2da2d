"""Training a detector of either family: epochs of every film with a box and a fresh draw of films without."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from feedback.learning.augment import Augmentation, draw_view
from feedback.learning.dense.precision import bfloat16_pointwise
from feedback.learning.detector_crops import DetectorSample, crop_sample
from feedback.learning.inputs import InputMaker
from feedback.learning.labelled_sets import LabelledImage
from feedback.learning.loop import Run, Schedule, train_network

CONTEXT_WEIGHT = "context_weight"  # a buffer that is fitted when the weights are final


@dataclass(frozen=True, slots=True)
class DetectorTask:
    """What a detector is trained on, beside the images.

    Attributes:
        labels: in the order of the network's outputs (its 1 is the first).
        crop: side of the crops in px; 0 trains on whole inputs.
        whole_share: share of the samples that are the whole input, reduced to the crops' side.
        negatives_per_positive: films without a box drawn per film with one, each epoch anew.
    """

    labels: tuple[str, ...]
    maker: InputMaker
    augmentation: Augmentation
    batch: int = 8
    crop: int = 0
    negatives_per_positive: float = 0.5
    whole_share: float = 0.0


def steps_per_epoch(images: Sequence[LabelledImage], task: DetectorTask) -> int:
    """Optimiser steps of one epoch."""
    return max(1, len(_epoch_order(images, task, seed=0, epoch=0)) // task.batch)


def train_detector(
    network: nn.Module, images: Sequence[LabelledImage], task: DetectorTask, *, schedule: Schedule, run: Run
) -> list[float]:
    """Train in place. Returns the loss of every step."""
    per_epoch = steps_per_epoch(images, task)

    def step_loss(current: nn.Module, step: int) -> Tensor:
        epoch, place = divmod(step, per_epoch)
        order = _epoch_order(images, task, seed=run.seed, epoch=epoch)[place * task.batch : (place + 1) * task.batch]
        chosen = [images[index] for index in order]
        samples = [
            _sample(image, task, (run.seed, epoch, int(index))) for image, index in zip(chosen, order, strict=True)
        ]
        targets = [detection_target(sample, image, task.labels) for sample, image in zip(samples, chosen, strict=True)]
        losses = current([torch.from_numpy(sample.array) for sample in samples], targets)
        return torch.stack(list(losses.values())).sum()

    with bfloat16_pointwise(network):
        return train_network(network, step_loss, schedule=schedule, run=run)


def detection_target(sample: DetectorSample, image: LabelledImage, labels: tuple[str, ...]) -> dict[str, Tensor]:
    """What torchvision's detectors take, with `known` and `ignored` as registry's detectors understand them.

    A label that the image was not annotated for has no box here, whatever is drawn.
    """
    annotated = [image.annotated is None or label in image.annotated for label in labels]
    kept = [(labels.index(name), corners) for name, corners in sample.boxes if annotated[labels.index(name)]]
    return {
        "boxes": torch.tensor([corners for _, corners in kept], dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor([index + 1 for index, _ in kept], dtype=torch.int64),
        "known": torch.tensor(annotated, dtype=torch.bool),
        "ignored": torch.tensor(sample.ignored, dtype=torch.float32).reshape(-1, 4),
    }


def _epoch_order(images: Sequence[LabelledImage], task: DetectorTask, *, seed: int, epoch: int) -> NDArray[np.int64]:
    generator = np.random.default_rng((seed, epoch, 1))
    has_box = [any(entry.label in task.labels for entry in image.boxes) for image in images]
    with_box, without = np.flatnonzero(has_box), np.flatnonzero(~np.array(has_box, dtype=bool))
    drawn = min(len(without), round(task.negatives_per_positive * len(with_box)))
    return generator.permutation(np.concatenate([with_box, generator.permutation(without)[:drawn]]))


def _sample(image: LabelledImage, task: DetectorTask, seed: tuple[int, ...]) -> DetectorSample:
    entry = task.maker.make(image, draw_view(task.augmentation, seed=seed))
    generator = np.random.default_rng((*seed, 5))
    return crop_sample(entry, task.labels, task.crop, generator, whole_share=task.whole_share)
