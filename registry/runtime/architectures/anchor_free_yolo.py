"""A one-stage, anchor-free detector of the YOLO family: every cell of the pyramid says what is there and how far its
edges are. Decoupled head, SimOTA assignment, quality focal loss, generalised IoU.

Sources: Ge et al. 2021 (YOLOX: decoupled head, SimOTA), Li et al. 2020 (quality focal loss), Rezatofighi et al. 2019
(GIoU). Written for two CPU cores: about 3.4 million parameters.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import box_iou, generalized_box_iou_loss

from registry.runtime.architectures.catalogue import register_architecture
from registry.runtime.architectures.detector_body import (
    STRIDES,
    DetectorBody,
    Levels,
    Target,
    context_loss,
    known_of,
    suppressed,
    weighed,
    within_ignored,
)

NEAR_CENTRE = 2.5  # cells about a box's centre that may answer for it
MOST_CELLS = 10  # candidates whose overlaps say how many cells a box gets
OVERLAP_COST = 3.0  # of SimOTA: weight of -log IoU beside the classification cost
OUTSIDE_COST = 1e5  # for cells that are not both inside the box and near its centre
LARGEST_REACH = 6.0  # exp of it is the farthest that an edge may be from a cell, in strides
FIRST_LOGIT = -4.6  # p = .01 at the start: boxes are rare
GROUPS = 8


class AnchorFreeYolo(nn.Module):
    """torchvision's detection API over standardised square images of one size.

    `dense` is everything up to suppression, with a number of candidates that depends on the size alone.
    """

    def __init__(self, n_labels: int, options: dict[str, Any]) -> None:
        super().__init__()
        self.options, self.n_labels = dict(options), n_labels
        channels, depth = int(options["pyramid_channels"]), int(options["tower_depth"])
        self.body = DetectorBody(n_labels, options)
        self.what, self.where = _tower(channels, depth), _tower(channels, depth)
        self.label, self.edges = nn.Conv2d(channels, n_labels, 3, padding=1), nn.Conv2d(channels, 4, 3, padding=1)
        self.reach = nn.Parameter(torch.ones(len(STRIDES)))
        self.register_buffer("context_weight", torch.zeros(n_labels))
        nn.init.normal_(self.label.weight, std=0.01)
        nn.init.constant_(self.label.bias, FIRST_LOGIT)
        nn.init.normal_(self.edges.weight, std=0.01)
        nn.init.constant_(self.edges.bias, 1.0)

    def forward(self, images: Sequence[Tensor], targets: Sequence[Target] | None = None) -> Any:
        """Losses by name in training mode; else one {boxes, labels, scores} an image."""
        batch = torch.stack(list(images))
        if self.training:
            if targets is None:
                raise ValueError("training needs targets")
            return self.losses(batch, targets)
        boxes, scores = self.dense(batch)
        rules = {name: self.options[name] for name in ("score_floor", "nms_overlap", "most_boxes")}
        return [suppressed(*one, side=batch.shape[-1], **rules) for one in zip(boxes, scores, strict=True)]

    def dense(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """float32 (n, 3, S, S) -> boxes (n, K, 4) in input pixels, scores (n, K, L) in [0, 1]."""
        seen = self.body(batch)
        logits, boxes, _, _ = self._cells(seen.levels)
        weight = self.get_buffer("context_weight")
        return boxes, weighed(torch.sigmoid(logits), seen.context, weight)

    def losses(self, batch: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Classification and overlap of the cells, and the film's own word."""
        seen = self.body(batch)
        logits, boxes, centres, strides = self._cells(seen.levels)
        known = known_of(targets, self.n_labels)
        of_cells, of_boxes, positives = torch.zeros(()), torch.zeros(()), torch.zeros(())
        for row, target in enumerate(targets):
            cells, drawn, overlaps = assigned(logits[row], boxes[row], centres, strides, target)
            wanted = torch.zeros_like(logits[row])
            wanted[cells, target["labels"][drawn] - 1] = overlaps.to(wanted.dtype)
            counted = known[row] & (~within_ignored(_about(centres, strides), target))[:, None] | (wanted > 0)
            of_cells = of_cells + (quality_focal(logits[row], wanted) * counted).sum()
            apart = generalized_box_iou_loss(boxes[row][cells], target["boxes"][drawn], reduction="none")
            of_boxes = of_boxes + (apart * overlaps).sum()
            positives = positives + overlaps.sum()
        scale = positives.clamp(min=float(len(targets)) / 2)
        return {
            "classification": of_cells / scale,
            "boxes": 2.0 * of_boxes / scale,
            "context": context_loss(seen.context, targets),
        }

    def _cells(self, levels: Levels) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Over all levels: logits (n, K, L), boxes (n, K, 4), centres (K, 2) and strides (K,) in input pixels."""
        logits, boxes, centres, strides = [], [], [], []
        for number, (level, stride) in enumerate(zip(levels.values(), STRIDES, strict=True)):
            logits.append(self.label(self.what(level)).flatten(2).transpose(1, 2).float())
            raw = self.edges(self.where(level)).flatten(2).transpose(1, 2).float() * self.reach[number]
            reach = torch.exp(raw.clamp(max=LARGEST_REACH)) * stride
            own = _centres(level.shape[-2], level.shape[-1], stride)
            boxes.append(torch.cat([own[None] - reach[..., :2], own[None] + reach[..., 2:]], dim=2))
            centres.append(own)
            strides.append(torch.full((len(own),), float(stride)))
        return torch.cat(logits, 1), torch.cat(boxes, 1), torch.cat(centres), torch.cat(strides)


@torch.no_grad()
def assigned(
    logits: Tensor, boxes: Tensor, centres: Tensor, strides: Tensor, target: Target
) -> tuple[Tensor, Tensor, Tensor]:
    """SimOTA of one image: (cells (p,), the drawn box of each (p,), their overlap (p,)).

    A drawn box gets as many of its cheapest cells as the sum of its best overlaps says; a cell serves one box.
    """
    drawn = target["boxes"]
    none = torch.zeros(0, dtype=torch.int64)
    if not len(drawn):
        return none, none, torch.zeros(0)
    inside, near = _inside(centres, drawn), _near(centres, strides, drawn)
    candidates = torch.nonzero((inside | near).any(0)).flatten()
    if not len(candidates):
        return none, none, torch.zeros(0)
    overlaps = box_iou(drawn, boxes[candidates])
    p = torch.sigmoid(logits[candidates])[:, target["labels"] - 1].T.clamp(1e-6, 1 - 1e-6)
    outside = ~(inside & near)[:, candidates]
    cost = -torch.log(p) - OVERLAP_COST * torch.log(overlaps + 1e-8) + OUTSIDE_COST * outside
    chosen = torch.zeros_like(overlaps, dtype=torch.bool)
    wanted = overlaps.topk(min(MOST_CELLS, len(candidates)), dim=1).values.sum(1).int().clamp(min=1)
    for row, count in enumerate(wanted.tolist()):
        chosen[row, cost[row].topk(min(count, len(candidates)), largest=False).indices] = True
    twice = chosen.sum(0) > 1
    chosen[:, twice] = functional.one_hot(cost[:, twice].argmin(0), len(drawn)).T.bool()
    columns = torch.nonzero(chosen.any(0)).flatten()
    rows = chosen[:, columns].int().argmax(0)
    return candidates[columns], rows, overlaps[rows, columns]


def quality_focal(logits: Tensor, wanted: Tensor) -> Tensor:
    """|wanted - p|^2 * cross-entropy against the overlap that the cell's box reaches; the same shape."""
    each = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (wanted - torch.sigmoid(logits)).abs() ** 2 * each


def _tower(channels: int, depth: int) -> nn.Sequential:
    """Separable convolutions with group norms: batches are too small for batch norms."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.GroupNorm(GROUPS, channels),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)


def _centres(rows: int, columns: int, stride: int) -> Tensor:
    """float32 (rows * columns, 2): x, y of every cell's centre in input pixels."""
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return (torch.stack([x, y], dim=2).reshape(-1, 2).float() + 0.5) * stride


def _about(centres: Tensor, strides: Tensor) -> Tensor:
    """Every cell's own square."""
    return torch.cat([centres - strides[:, None] / 2, centres + strides[:, None] / 2], dim=1)


def _inside(centres: Tensor, drawn: Tensor) -> Tensor:
    """bool (m, K): the cell's centre lies in the drawn box."""
    low, high = centres[None] - drawn[:, None, :2], drawn[:, None, 2:] - centres[None]
    return torch.cat([low, high], dim=2).min(dim=2).values > 0


def _near(centres: Tensor, strides: Tensor, drawn: Tensor) -> Tensor:
    """bool (m, K): the cell is one of those about the drawn box's centre."""
    middle = (drawn[:, None, :2] + drawn[:, None, 2:]) / 2
    return ((centres[None] - middle).abs() < NEAR_CENTRE * strides[None, :, None]).all(dim=2)


@register_architecture("anchor_free_yolo")
def build_anchor_free_yolo(options: dict[str, Any], labels: tuple[str, ...]) -> AnchorFreeYolo:
    """A detector with fresh weights.

    Args:
        options: input_size in px; width and sharpness of the body's dense classifier; pyramid_channels; tower_depth;
            score_floor; nms_overlap; most_boxes.
        labels: class names; the network's label 1 is labels[0].
    """
    return AnchorFreeYolo(len(labels), options)
