"""A detector as one traceable function of one image: every shape is known, and only suppression is left to the caller.

torchvision's proposals filter with lists of varying length. Here what is filtered out keeps its place with a score of
0, so that everything behind it stays of one size, which engines that plan ahead run faster; the result is the same.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import nms, roi_align

from registry.runtime.architectures.detector_body import STRIDES, SUPPRESSED_AT_MOST, weighed

FILTERED = -1.0  # below every probability
FINEST_LEVEL = 3  # of Lin et al. 2017's levels: stride 2 ** 3


class RankedCandidates(nn.Module):
    """float32 (1, 3, S, S) -> boxes (1, M, 4) in input pixels, scores (1, M) best first, 0-based labels int64 (1, M).

    M depends on the network and S alone. A greedy suppression of all candidates begins with that of the best M.
    """

    def __init__(self, network: nn.Module, *, size: int) -> None:
        """Raises TypeError: the network is of no family that is known here."""
        super().__init__()
        self.network, self.size = network, size
        if not is_detector(network):
            raise TypeError("neither a dense nor a two-stage detector")
        self.anchors = None if hasattr(network, "dense") else _anchors_by_level(network, size)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        boxes, scores = self.network.dense(image) if self.anchors is None else self._judged_proposals(image)
        return _ranked(boxes.clamp(0, self.size), scores)

    def _judged_proposals(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes (1, P, L, 4) and scores (1, P, L) of a two-stage detector's proposals; 0 where there was none."""
        network: Any = self.network
        levels, context = _seen(network, image)
        proposals, exists = self._proposals(levels)
        heads = network.roi_heads
        logits, edges = heads.box_predictor(heads.box_head(self._pooled(levels, proposals)))
        count, classes = logits.shape
        boxes = heads.box_coder.decode_single(edges, proposals).reshape(count, classes, 4)[None, :, 1:]
        scores = torch.softmax(logits, dim=1)[None, :, 1:]
        if context is not None:
            scores = weighed(scores, context, network.get_buffer("context_weight"))
        return boxes, scores * exists[None, :, None]

    def _proposals(self, levels: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """(P, 4) in input pixels, and 1 (P,) where there is one; torchvision's filter_proposals of one image."""
        proposer: Any = self.network.rpn
        boxes, scores = [], []
        assert self.anchors is not None
        for logits, edges, anchors in zip(*proposer.head(levels), self.anchors, strict=True):
            best, rows = _best(logits, proposer.pre_nms_top_n())
            each = edges.reshape(logits.shape[1], 4, -1).permute(2, 0, 1).reshape(-1, 4)
            own = proposer.box_coder.decode_single(each[rows], anchors[rows]).reshape(-1, 4).clamp(0, self.size)
            boxes.append(own)
            scores.append(_filtered(own, torch.sigmoid(best), proposer.nms_thresh, proposer.min_size))
        found = torch.cat(scores)
        best, rows = found.topk(min(proposer.post_nms_top_n(), len(found)))
        return torch.cat(boxes)[rows], (best >= 0).float()

    def _pooled(self, levels: Sequence[Tensor], proposals: Tensor) -> Tensor:
        """(P, C, side, side): each proposal from the level that its size belongs to, as MultiScaleRoIAlign chooses."""
        pool: Any = self.network.roi_heads.box_roi_pool
        side = torch.sqrt((proposals[:, 2] - proposals[:, 0]) * (proposals[:, 3] - proposals[:, 1]))
        level = torch.floor(pool.canonical_level + torch.log2(side / pool.canonical_scale) + 1e-6) - FINEST_LEVEL
        level = level.clamp(0, len(levels) - 1)
        regions = torch.cat([torch.zeros_like(proposals[:, :1]), proposals], dim=1)
        pooled = torch.zeros((), device=proposals.device)
        for number, (features, stride) in enumerate(zip(levels, STRIDES, strict=True)):
            own = (level == number).float()[:, None]
            part = roi_align(features, regions * own, pool.output_size, 1.0 / stride, pool.sampling_ratio)
            pooled = pooled + part * own[:, :, None, None]
        return pooled


def is_detector(network: nn.Module) -> bool:
    """Whether RankedCandidates knows its family: `dense`, or torchvision's `rpn` and `roi_heads`."""
    return hasattr(network, "dense") or (hasattr(network, "rpn") and hasattr(network, "roi_heads"))


def _seen(network: Any, image: Tensor) -> tuple[list[Tensor], Tensor | None]:
    """The pyramid's levels, and the film's own logits where the network has them."""
    if hasattr(network, "backbone"):
        return list(network.backbone(image).values()), None
    seen = network.body(image)
    return list(seen.levels.values()), seen.context


@torch.no_grad()
def _anchors_by_level(network: Any, size: int) -> list[Tensor]:
    """(cells * anchors a cell, 4) a level, in input pixels; a cell's anchors beside each other."""
    image = next(network.parameters()).new_zeros((1, 3, size, size))
    levels, _ = _seen(network, image)
    generator = network.rpn.anchor_generator
    anchors = generator(ImageList(image, [(size, size)]), levels)[0]
    each = zip(levels, generator.num_anchors_per_location(), strict=True)
    return list(anchors.split([level.shape[2] * level.shape[3] * number for level, number in each]))


def _best(logits: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The most promising anchors of one level: logits (1, A, h, w) -> the best `most`, and where they are."""
    flat = logits.permute(0, 2, 3, 1).reshape(-1)
    return flat.topk(min(most, logits.shape[1] * logits.shape[2] * logits.shape[3]))


def _filtered(boxes: Tensor, scores: Tensor, overlap: float, smallest: float) -> Tensor:
    """Scores (k,), best first, with FILTERED in the place of what suppression or size takes out."""
    kept = nms(boxes, scores, overlap)
    stays = torch.zeros_like(scores).scatter(0, kept, torch.ones_like(kept, dtype=scores.dtype))
    extents = boxes[:, 2:] - boxes[:, :2]
    large = (extents >= smallest).all(dim=1)
    return torch.where((stays > 0) & large, scores, torch.full_like(scores, FILTERED))


def _ranked(boxes: Tensor, scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes (1, K, 4), or (1, K, L, 4) where every label has its own, and scores (1, K, L) -> the best of them all."""
    n_labels, flat = scores.shape[2], scores.flatten(1)
    best, places = flat.topk(min(SUPPRESSED_AT_MOST, scores.shape[1] * scores.shape[2]))
    rows = places if boxes.ndim == 4 else places // n_labels
    corners = boxes.flatten(1, 2) if boxes.ndim == 4 else boxes
    return corners.gather(1, rows[:, :, None].expand(-1, -1, 4)), best, places % n_labels
