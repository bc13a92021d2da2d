"""Training a detector: epochs of every film with a box and a fresh draw of films without."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models.detection.faster_rcnn import FasterRCNN

from feedback.learning.augment import Augmentation, draw_view
from feedback.learning.inputs import InputMaker, TrainingInput
from feedback.learning.labelled_sets import LabelledImage
from feedback.learning.loop import Run, Schedule, train_network

FROZEN = ("conv_stem", "bn1", "blocks.0.", "blocks.1.")


@dataclass(frozen=True, slots=True)
class DetectorTask:
    """What a detector is trained on, beside the images.

    Attributes:
        labels: in the order of the network's outputs (its 1 is the first).
        negatives_per_positive: films without a box drawn per film with one, each epoch anew.
    """

    labels: tuple[str, ...]
    maker: InputMaker
    augmentation: Augmentation
    batch: int = 8
    negatives_per_positive: float = 0.5


def freeze_early_layers(network: FasterRCNN) -> None:
    """Stem, first two stages and every BatchNorm of the body keep their ImageNet values."""
    body = network.backbone.get_submodule("body")
    for name, value in body.named_parameters():
        owner = body.get_submodule(name.rpartition(".")[0])
        if name.startswith(FROZEN) or isinstance(owner, nn.BatchNorm2d):
            value.requires_grad_(False)


def steps_per_epoch(images: Sequence[LabelledImage], task: DetectorTask) -> int:
    """Optimiser steps of one epoch."""
    return max(1, len(_epoch_order(images, task, seed=0, epoch=0)) // task.batch)


def train_detector(
    network: FasterRCNN, images: Sequence[LabelledImage], task: DetectorTask, *, schedule: Schedule, run: Run
) -> list[float]:
    """Train in place. Returns the loss of every step."""
    freeze_early_layers(network)
    per_epoch = steps_per_epoch(images, task)

    def step_loss(current: nn.Module, step: int) -> Tensor:
        epoch, place = divmod(step, per_epoch)
        order = _epoch_order(images, task, seed=run.seed, epoch=epoch)[place * task.batch : (place + 1) * task.batch]
        inputs = [_augmented(images[index], task, (run.seed, epoch, int(index))) for index in order]
        arrays = [torch.from_numpy(entry.array) for entry in inputs]
        losses = current(arrays, [detection_target(entry, task.labels) for entry in inputs])
        return torch.stack(list(losses.values())).sum()

    return train_network(network, step_loss, schedule=schedule, run=run)


def detection_target(entry: TrainingInput, labels: tuple[str, ...]) -> dict[str, Tensor]:
    """Boxes and 1-based labels as torchvision's detectors take them."""
    kept = [(label, box) for label, box in entry.boxes if label in labels]
    corners = [[box.left, box.top, box.right, box.bottom] for _, box in kept]
    return {
        "boxes": torch.tensor(corners, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor([labels.index(label) + 1 for label, _ in kept], dtype=torch.int64),
    }


def _epoch_order(images: Sequence[LabelledImage], task: DetectorTask, *, seed: int, epoch: int) -> NDArray[np.int64]:
    generator = np.random.default_rng((seed, epoch, 1))
    with_box = np.array([index for index, image in enumerate(images) if image.boxes], dtype=np.int64)
    without = np.array([index for index, image in enumerate(images) if not image.boxes], dtype=np.int64)
    drawn = min(len(without), round(task.negatives_per_positive * len(with_box)))
    return generator.permutation(np.concatenate([with_box, generator.permutation(without)[:drawn]]))


def _augmented(image: LabelledImage, task: DetectorTask, seed: tuple[int, ...]) -> TrainingInput:
    return task.maker.make(image, draw_view(task.augmentation, seed=seed))
