"""Training `lite0_dense` on cached stems: every cell by its box, the whole by its label, in one loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from feedback.learning.dense.crops import Crop, draw_crop
from feedback.learning.dense.precision import bfloat16_pointwise
from feedback.learning.dense.stems import StemFeatures, as_batch
from feedback.learning.dense.targets import Targets
from feedback.learning.loop import Run, Schedule, train_network
from feedback.learning.recipes.dense import DenseRecipe
from registry.runtime.architectures.lite0_dense import Lite0Dense

FIRST_CELL_LOGIT = -4.0  # of the cells at the start: lesions are rare, and a focal loss must not explode on them
FEWEST_POSITIVE_CELLS = 8.0  # what the cells' loss is divided by at least, so that a batch without a box stays calm


@dataclass(frozen=True, slots=True)
class DenseData:
    """What is trained on.

    Attributes:
        views: the plain view first.
        cells: per view, int8 (n, L, G, G) as `cell_targets` makes them.
        findings: float32 (n, L); known: bool (n, L), where a 0 means absent.
    """

    views: Sequence[StemFeatures]
    cells: Sequence[NDArray[np.int8]]
    findings: NDArray[np.float32]
    known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DensePredictions:
    """Of images seen plainly: logits (n, L), logit maps (n, L, G, G), mean-pooled features (n, C)."""

    logits: NDArray[np.float64]
    cells: NDArray[np.float32]
    pooled: NDArray[np.float64]


class DenseTrainee(nn.Module):
    """The network, and what only its training needs: the bias that makes a cell's logit a probability."""

    def __init__(self, network: Lite0Dense, recipe: DenseRecipe, n_labels: int) -> None:
        super().__init__()
        self.network = network
        self.cell_bias = nn.Parameter(torch.full((n_labels,), FIRST_CELL_LOGIT))
        self.dropout = recipe.dropout
        for name, value in network.named_parameters():
            in_body = name.startswith(("stem.", "late16.", "late32."))
            value.requires_grad_(not in_body or name.split(".")[1] in recipe.trained_stages)

    def forward(self, s8: Tensor) -> Tensor:
        """Logit maps (n, L, h, w) with channels dropped."""
        features = self.network.features(s8)
        return self.network.cells(functional.dropout2d(features, self.dropout, self.training))


def train_dense(
    network: Lite0Dense, data: DenseData, rows: NDArray[np.int64], recipe: DenseRecipe, *, epochs: int, run: Run
) -> list[float]:
    """Train in place on some rows. Returns the loss of every step."""
    per_epoch = max(1, len(rows) // recipe.batch)
    schedule = Schedule(
        steps=epochs * per_epoch,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        averaging=recipe.averaging,
        checkpoint_every=recipe.checkpoint_every,
        slow_prefix="network.late",
        slow_factor=recipe.body_rate,
    )

    def step_loss(current: nn.Module, step: int) -> Tensor:
        epoch, place = divmod(step, per_epoch)
        shuffled = np.random.default_rng((run.seed, epoch, 2))
        order, drawn = shuffled.permutation(rows), shuffled.integers(len(data.views), size=len(rows))
        part = slice(place * recipe.batch, (place + 1) * recipe.batch)
        batch = _batch(data, order[part], drawn[part], recipe, np.random.default_rng((run.seed, step, 7)))
        assert isinstance(current, DenseTrainee)
        return batch_loss(current, batch, recipe)

    trainee = DenseTrainee(network, recipe, data.findings.shape[1]).to(memory_format=torch.channels_last)
    with bfloat16_pointwise(trainee):
        losses = train_network(trainee, step_loss, schedule=schedule, run=run)
    trainee.eval()
    return losses


@dataclass(frozen=True, slots=True)
class Batch:
    """s8 (n, 40, h, w) float32; cells int8 (n, L, h/2, w/2); findings and known (n, L), of what the batch shows."""

    s8: Tensor
    cells: Tensor
    findings: Tensor
    known: Tensor
    whole_cells: int


def _batch(
    data: DenseData,
    rows: NDArray[np.int64],
    drawn: NDArray[np.int64],
    recipe: DenseRecipe,
    generator: np.random.Generator,
) -> Batch:
    side = recipe.size // 16
    s8, cells = [], []
    for row, view in zip(rows, drawn, strict=True):
        targets = data.cells[view][row]
        crop = draw_crop(targets, recipe.crop // 16, generator) if recipe.crop else Crop(0, 0, side)
        s8.append(data.views[view].s8[row][crop.stem_rows, crop.stem_columns])
        cells.append(targets[:, crop.rows, crop.columns])
    stacked = np.stack(cells)
    findings, known = data.findings[rows], data.known[rows]
    if recipe.crop:
        findings, known = seen_in_crops(stacked)
    return Batch(
        as_batch(np.stack(s8)),
        torch.from_numpy(stacked),
        torch.from_numpy(findings),
        torch.from_numpy(known),
        side * side,
    )


def seen_in_crops(cells: Targets) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Findings float32 (n, L) and known bool (n, L) of crops: present with a positive cell, unknown with a doubtful one
    and no positive one.
    """
    flat = cells.reshape(*cells.shape[:2], -1)
    present = (flat == 1).any(axis=2)
    return present.astype(np.float32), present | (flat == 0).all(axis=2)


def batch_loss(trainee: DenseTrainee, batch: Batch, recipe: DenseRecipe) -> Tensor:
    """Focal cross-entropy over the cells, per positive cell, and cross-entropy of the pooled logits."""
    maps = trainee(batch.s8)
    cells = maps + trainee.cell_bias[None, :, None, None]
    loss = recipe.cell_weight * focal_loss(cells, batch.cells, focus=recipe.focus)
    logits = trainee.network.pooled(maps, batch.whole_cells)
    each = functional.binary_cross_entropy_with_logits(logits, batch.findings, reduction="none")
    return loss + recipe.image_weight * (each * batch.known).sum() / batch.known.sum().clamp(min=1)


def focal_loss(logits: Tensor, targets: Tensor, *, focus: float) -> Tensor:
    """Sum of (1 - p of the truth) ** focus * cross-entropy over cells that are 0 or 1, divided by the positive ones.

    Source: Lin et al. 2017, without the class weight.
    """
    said, positive = targets >= 0, targets == 1
    truth = positive.float()
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    missed = 1 - torch.exp(-each)
    return (missed**focus * each * said).sum() / positive.sum().clamp(min=FEWEST_POSITIVE_CELLS)


@torch.inference_mode()
def predict_dense(network: Lite0Dense, view: StemFeatures, rows: NDArray[np.int64]) -> DensePredictions:
    """The network's outputs on some rows of a view, in evaluation mode and float32."""
    network.eval()
    logits, cells, pooled = [], [], []
    for first in range(0, len(rows), 8):
        features = network.features(view.batch(rows[first : first + 8]))
        maps = network.cells(features)
        logits.append(network.pooled(maps, maps[0, 0].numel()).double().numpy())
        cells.append(maps.numpy())
        pooled.append(features.mean(dim=(2, 3)).double().numpy())
    return DensePredictions(np.concatenate(logits), np.concatenate(cells), np.concatenate(pooled))
