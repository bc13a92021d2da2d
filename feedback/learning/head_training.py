"""Training the classifier's head on cached backbone stages: findings, triage, and the drawn boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from feedback.learning.features import LabelledBoxes, StageFeatures
from feedback.learning.labelled_sets import LabelledImage
from feedback.learning.loop import Run, Schedule, train_network
from imaging.pipeline.values import BoundingBox
from registry.runtime.architectures.staged_head import StagedHead

TRIAGE_ORDER = ("normal", "flagged", "urgent")


@dataclass(frozen=True, slots=True)
class HeadTask:
    """What the head is trained on.

    Attributes:
        labels: in the order of the logits.
        input_size: side of the network's input in px; the boxes are given in these pixels.
        batch: images per step.
        box_weight: weight of the localisation loss.
        triage_weight: weight of the triage loss; 0 where the set has no triage.
        dropout: share of pooled channels dropped while training.
    """

    labels: tuple[str, ...]
    input_size: int
    batch: int
    box_weight: float
    triage_weight: float
    dropout: float


@dataclass(frozen=True, slots=True)
class HeadTargets:
    """Reference standard of every image: findings float32 (n, L), triage int64 (n,), -1 where there is none."""

    findings: NDArray[np.float32]
    triage: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class HeadPredictions:
    """What the network says of images seen plainly.

    Attributes:
        logits: (n, L); triage: (n, 3) or None; pooled: features (n, C).
        peaks: (n, L, 2), x and y of the highest cell of each label's contribution map, as shares of the input's side.
    """

    logits: NDArray[np.float64]
    triage: NDArray[np.float64] | None
    pooled: NDArray[np.float64]
    peaks: NDArray[np.float64]


def targets_of(images: Sequence[LabelledImage], labels: tuple[str, ...]) -> HeadTargets:
    """Label matrix and triage classes."""
    findings = np.array([[label in image.findings for label in labels] for image in images], dtype=np.float32)
    triage = [TRIAGE_ORDER.index(image.triage) if image.triage in TRIAGE_ORDER else -1 for image in images]
    return HeadTargets(findings, np.array(triage, dtype=np.int64))


def train_head(
    network: StagedHead,
    views: Sequence[StageFeatures],
    targets: HeadTargets,
    rows: NDArray[np.int64],
    task: HeadTask,
    *,
    schedule: Schedule,
    run: Run,
) -> list[float]:
    """Train neck and heads in place on some rows. Returns the loss of every step."""
    for value in network.body.parameters():
        value.requires_grad_(False)
    per_epoch = steps_per_epoch(len(rows), task)

    def step_loss(current: nn.Module, step: int) -> Tensor:
        epoch, place = divmod(step, per_epoch)
        generator = np.random.default_rng((run.seed, epoch, 2))
        order, drawn = generator.permutation(rows), generator.integers(len(views), size=len(rows))
        batch = slice(place * task.batch, (place + 1) * task.batch)
        assert isinstance(current, StagedHead)
        return _batch_loss(current, views, targets, order[batch], drawn[batch], task)

    return train_network(network, step_loss, schedule=schedule, run=run)


def steps_per_epoch(n: int, task: HeadTask) -> int:
    """Optimiser steps of one epoch over n rows; what does not fill a batch waits for the next shuffle."""
    return max(1, n // task.batch)


@torch.inference_mode()
def predict_head(network: StagedHead, features: StageFeatures, rows: NDArray[np.int64]) -> HeadPredictions:
    """The network's outputs on some rows, in evaluation mode."""
    network.eval()
    logits, triage, pooled, peaks = [], [], [], []
    for part in np.array_split(rows, max(1, len(rows) // 32)):
        outputs = network.from_stages(_stage(features.s16, part), _stage(features.s32, part))
        logits.append(outputs["logits"].double().numpy())
        pooled.append(outputs["features"].mean(dim=(2, 3)).double().numpy())
        peaks.append(_peaks(network.head.weight, outputs["features"]))
        if "triage_logits" in outputs:
            triage.append(outputs["triage_logits"].double().numpy())
    return HeadPredictions(
        np.concatenate(logits),
        np.concatenate(triage) if triage else None,
        np.concatenate(pooled),
        np.concatenate(peaks),
    )


def _peaks(weight: Tensor, features: Tensor) -> NDArray[np.float64]:
    """(n, L, 2): centre of the highest cell."""
    side = features.shape[-1]
    cells = torch.einsum("lc,nchw->nlhw", weight, features).flatten(2).argmax(dim=2).numpy()
    return (np.stack([cells % side, cells // side], axis=2) + 0.5) / side


def _batch_loss(
    network: StagedHead,
    views: Sequence[StageFeatures],
    targets: HeadTargets,
    rows: NDArray[np.int64],
    drawn: NDArray[np.int64],
    task: HeadTask,
) -> Tensor:
    """Findings (binary cross-entropy), triage (cross-entropy) and boxes (share of the map inside)."""
    pairs = list(zip(rows, drawn, strict=True))
    s16 = _tensor(np.stack([views[view].s16[row] for row, view in pairs]))
    s32 = _tensor(np.stack([views[view].s32[row] for row, view in pairs]))
    with torch.autocast("cpu", torch.bfloat16):  # twice as fast; what is predicted later is computed in float32
        features = network.from_stages(s16, s32)["features"].float()
    pooled = functional.dropout(features.mean(dim=(2, 3)), task.dropout, training=True)
    loss = functional.binary_cross_entropy_with_logits(network.head(pooled), torch.from_numpy(targets.findings[rows]))
    if network.triage_head is not None:
        triage = torch.from_numpy(targets.triage[rows])
        loss = loss + task.triage_weight * functional.cross_entropy(
            network.triage_head(pooled), triage, ignore_index=-1
        )
    boxes = [views[view].boxes[row] for row, view in pairs]
    return loss + task.box_weight * box_loss(network.head.weight, features, boxes, task)


def box_loss(weight: Tensor, features: Tensor, boxes: Sequence[LabelledBoxes], task: HeadTask) -> Tensor:
    """Minus the logarithm of the share of a label's softmaxed contribution map that lies in its boxes, averaged.

    Only where a box was drawn: no box says nothing. 0 when the batch has none.
    """
    losses = []
    for index, row in enumerate(boxes):
        for label in sorted({name for name, _ in row} & set(task.labels)):
            inside = box_mask([box for name, box in row if name == label], features.shape[-1], task.input_size)
            contributions = torch.einsum("c,chw->hw", weight[task.labels.index(label)], features[index])
            share = contributions.flatten().log_softmax(0)[torch.from_numpy(inside.ravel())]
            losses.append(-share.logsumexp(0))
    return torch.stack(losses).mean() if losses else features.new_zeros(())


def box_mask(boxes: Sequence[BoundingBox], side: int, input_size: int) -> NDArray[np.bool_]:
    """Cells (side, side) whose centre lies in a box; a box between centres keeps the nearest cell."""
    centres = (np.arange(side) + 0.5) * input_size / side
    inside = np.zeros((side, side), bool)
    for box in boxes:
        columns = (centres >= box.left) & (centres <= box.right)
        rows = (centres >= box.top) & (centres <= box.bottom)
        columns[np.abs(centres - (box.left + box.right) / 2).argmin()] = True
        rows[np.abs(centres - (box.top + box.bottom) / 2).argmin()] = True
        inside |= rows[:, None] & columns[None]
    return inside


def _stage(stored: NDArray[np.float16], rows: NDArray[np.int64]) -> Tensor:
    return _tensor(stored[rows])


def _tensor(array: NDArray[np.float16]) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))
