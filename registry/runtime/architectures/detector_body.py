"""What both detector families share: the dense classifier's body, a feature pyramid, the film's own word, suppression.

Both keep torchvision's detection API. In training mode `network(images, targets)` takes one more thing or two a target
than torchvision does, both optional:
    known: bool (L,), the labels that the image was annotated for; what is not known is no background.
    ignored: float32 (k, 4), regions that say nothing: no box and no background.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import FeaturePyramidNetwork, batched_nms, clip_boxes_to_image

from registry.runtime.architectures.lite0_dense import S8_CHANNELS, S16_CHANNELS, S32_CHANNELS, Lite0Dense

LEVELS = ("s8", "s16", "s32")
STRIDES = (8, 16, 32)
IN_IGNORED = 0.5  # share of a box's area in an ignored region from which on the box says nothing
SUPPRESSED_AT_MOST = 1000  # candidates that suppression looks at, the best of all labels
NEAREST_TO_CERTAIN = 1e-4  # scores are kept this far from 0 and 1, so that their logits are finite

Target = dict[str, Tensor]
Levels = OrderedDict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the body makes of a batch: the pyramid's levels, and the film's own logits (n, L)."""

    levels: Levels = field(repr=False)
    context: Tensor = field(repr=False)


class DetectorBody(nn.Module):
    """float32 (n, 3, S, S) -> the pyramid and the film's own logits.

    The body is a `lite0_dense` classifier: its stages of stride 8, 16 and 32 feed the pyramid, its pooled logit map is
    the whole-film context. The stem's weights are never trained.
    """

    def __init__(self, n_labels: int, options: dict[str, Any]) -> None:
        super().__init__()
        channels = int(options["pyramid_channels"])
        self.dense = Lite0Dense(n_labels, width=int(options["width"]), sharpness=float(options["sharpness"]))
        self.pyramid = FeaturePyramidNetwork([S8_CHANNELS, S16_CHANNELS, S32_CHANNELS], channels)
        self.whole_cells = (int(options["input_size"]) // 16) ** 2
        self.dense.stem.requires_grad_(False)

    def forward(self, images: Tensor) -> Seen:
        s8 = self.dense.stem(images)
        s16 = self.dense.late16(s8)
        s32 = self.dense.late32(s16)
        cells = self.dense.cells(self.dense.joined(s8, s16, s32))
        levels = self.pyramid(OrderedDict(zip(LEVELS, (s8, s16, s32), strict=True)))
        return Seen(levels, self.dense.pooled(cells, self.whole_cells))


def weighed(scores: Tensor, context: Tensor, weight: Tensor) -> Tensor:
    """Scores (n, K, L) in [0, 1] in the light of the film's own logits (n, L): logit' = logit + weight * context.

    weight (L,) is fitted on films that the network never saw; 0 leaves the scores alone.
    """
    certain = scores.clamp(NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
    return torch.sigmoid(torch.log(certain / (1 - certain)) + (weight * context)[:, None])


def suppressed(
    boxes: Tensor, scores: Tensor, *, side: int, score_floor: float, nms_overlap: float, most_boxes: int
) -> dict[str, Tensor]:
    """One image's candidates -> torchvision's {boxes (k, 4), labels 1-based (k,), scores (k,)}, best first.

    Args:
        boxes: float32 (K, 4), or (K, L, 4) where every label has its own; scores: float32 (K, L).
    """
    n_labels = scores.shape[1]
    each = boxes if boxes.ndim == 3 else boxes[:, None].expand(-1, n_labels, 4)
    flat, corners = scores.flatten(), each.reshape(-1, 4)
    best = torch.topk(flat, min(SUPPRESSED_AT_MOST, len(flat))).indices
    best = best[flat[best] > score_floor]
    labels, corners, found = best % n_labels, clip_boxes_to_image(corners[best], (side, side)), flat[best]
    kept = batched_nms(corners, found, labels, nms_overlap)[:most_boxes]
    return {"boxes": corners[kept], "labels": labels[kept] + 1, "scores": found[kept]}


def within_ignored(boxes: Tensor, target: Target) -> Tensor:
    """bool (k,): boxes (k, 4) that lie in an ignored region of the target with half of their area or more."""
    regions = target.get("ignored")
    if regions is None or not len(regions):
        return torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
    low = torch.maximum(boxes[:, None, :2], regions[None, :, :2])
    high = torch.minimum(boxes[:, None, 2:], regions[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(dim=2)
    area = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-3).prod(dim=1)
    return (shared / area[:, None] >= IN_IGNORED).any(dim=1)


def known_of(targets: Sequence[Target], n_labels: int) -> Tensor:
    """bool (n, L): what each image was annotated for."""
    every = torch.ones(n_labels, dtype=torch.bool)
    return torch.stack([target.get("known", every) for target in targets])


def context_loss(context: Tensor, targets: Sequence[Target]) -> Tensor:
    """Cross-entropy of the film's own logits (n, L) against whether a label has a box in view, over known labels."""
    n_labels = context.shape[1]
    present = torch.stack([(target["labels"][:, None] == torch.arange(1, n_labels + 1)).any(0) for target in targets])
    each = functional.binary_cross_entropy_with_logits(context, present.float(), reduction="none")
    known = known_of(targets, n_labels)
    return (each * known).sum() / known.sum().clamp(min=1)
