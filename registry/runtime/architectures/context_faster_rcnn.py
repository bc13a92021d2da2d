"""A lean Faster R-CNN with the whole film as context: the shared detector body, torchvision's proposals and box head.

Source: Ren et al. 2015 over Lin et al. 2017's pyramid, as torchvision builds them. What is our own: labels that an
image was not annotated for are no background, ignored regions say nothing, and the film's own logits weigh the scores.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.ops import MultiScaleRoIAlign, clip_boxes_to_image

from registry.runtime.architectures.catalogue import register_architecture
from registry.runtime.architectures.detector_body import (
    LEVELS,
    DetectorBody,
    Target,
    context_loss,
    known_of,
    suppressed,
    weighed,
    within_ignored,
)

BOX_WEIGHTS = (10.0, 10.0, 5.0, 5.0)
POOLED_SIDE = 7
EDGE_TOLERANCE = 1 / 9  # where the box loss turns from quadratic to linear, as in torchvision


@dataclass(frozen=True, slots=True)
class SampledProposals:
    """Proposals that the box head is trained on.

    Attributes:
        proposals: (P, 4) an image. labels: int64 (sum P,), 0 = background. edges: (sum P, 4), encoded aims.
        known: bool (sum P, L), labels that the proposal's image was annotated for.
    """

    proposals: list[Tensor]
    labels: Tensor
    edges: Tensor
    known: Tensor


class ProposalsWithIgnored(RegionProposalNetwork):
    """Proposals whose training leaves anchors in ignored regions out."""

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[Target]
    ) -> tuple[list[Tensor], list[Tensor]]:
        labels, matched = super().assign_targets_to_anchors(anchors, targets)
        for own, where, target in zip(labels, anchors, targets, strict=True):
            own[(own == 0) & within_ignored(where, target)] = -1.0
        return labels, matched

    def compute_loss(
        self, objectness: Tensor, pred_bbox_deltas: Tensor, labels: list[Tensor], regression_targets: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """As torchvision's, and zero (not the mean of nothing) where every anchor of the batch is left out."""
        if all(bool((own < 0).all()) for own in labels):
            return 0.0 * objectness.sum(), 0.0 * pred_bbox_deltas.sum()
        losses: tuple[Tensor, Tensor] = super().compute_loss(objectness, pred_bbox_deltas, labels, regression_targets)
        return losses


class ContextFasterRcnn(nn.Module):
    """torchvision's detection API over standardised square images of one size."""

    def __init__(self, n_labels: int, options: dict[str, Any]) -> None:
        super().__init__()
        self.options, self.n_labels = dict(options), n_labels
        channels, width = int(options["pyramid_channels"]), int(options["box_head_width"])
        self.body = DetectorBody(n_labels, options)
        self.rpn = _proposer(channels, options)
        self.roi_heads = _box_heads(channels, width, n_labels, options)
        self.register_buffer("context_weight", torch.zeros(n_labels))
        _small_first_scores(self.roi_heads)

    def forward(self, images: Sequence[Tensor], targets: Sequence[Target] | None = None) -> Any:
        """Losses by name in training mode; else one {boxes, labels, scores} an image."""
        batch = torch.stack(list(images))
        if self.training:
            if targets is None:
                raise ValueError("training needs targets")
            return self.losses(batch, targets)
        rules = {name: self.options[name] for name in ("score_floor", "nms_overlap", "most_boxes")}
        return [suppressed(boxes, scores, side=batch.shape[-1], **rules) for boxes, scores in self.candidates(batch)]

    def candidates(self, batch: Tensor) -> list[tuple[Tensor, Tensor]]:
        """One image each: boxes (P, L, 4) in input pixels and scores (P, L) of its proposals, P at most `proposals`."""
        seen = self.body(batch)
        proposals, _ = self.rpn(_as_list(batch), seen.levels)
        logits, edges = self._judged(seen.levels, proposals, batch.shape[-1])
        moved = self.roi_heads.box_coder.decode(edges, proposals)[:, 1:]
        scores = functional.softmax(logits, dim=1)[:, 1:]
        counts, side, weight = [len(own) for own in proposals], batch.shape[-1], self.get_buffer("context_weight")
        found = []
        for row, (own, p) in enumerate(zip(moved.split(counts), scores.split(counts), strict=True)):
            boxes = clip_boxes_to_image(own.reshape(-1, 4), (side, side)).reshape(own.shape)
            found.append((boxes, weighed(p[None], seen.context[row : row + 1], weight)[0]))
        return found

    def losses(self, batch: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Of proposals, of box head, and of the film's own word."""
        seen = self.body(batch)
        proposals, losses = self.rpn(_as_list(batch), seen.levels, list(targets))
        sampled = self._sampled(proposals, targets)
        logits, edges = self._judged(seen.levels, sampled.proposals, batch.shape[-1])
        return {
            **losses,
            "classification": classification_loss(logits, sampled.labels, sampled.known),
            "boxes": box_loss(edges, sampled.labels, sampled.edges),
            "context": context_loss(seen.context, targets),
        }

    def _judged(self, levels: "OrderedDict[str, Tensor]", proposals: list[Tensor], side: int) -> tuple[Tensor, Tensor]:
        """Logits (sum P, L + 1), background first, and edges (sum P, 4 (L + 1)) of every image's proposals."""
        heads = self.roi_heads
        pooled = heads.box_roi_pool(levels, proposals, [(side, side)] * len(proposals))
        judged: tuple[Tensor, Tensor] = heads.box_predictor(heads.box_head(pooled))
        return judged

    def _sampled(self, proposals: list[Tensor], targets: Sequence[Target]) -> SampledProposals:
        """What the box head is trained on: a fixed number of proposals an image, drawn boxes among them."""
        heads = self.roi_heads
        drawn, names = [target["boxes"] for target in targets], [target["labels"] for target in targets]
        offered = heads.add_gt_proposals([own.detach() for own in proposals], drawn)
        matched, labels = heads.assign_targets_to_proposals(offered, drawn, names)
        for own, where, target in zip(labels, offered, targets, strict=True):
            own[(own == 0) & within_ignored(where, target)] = -1
        chosen = heads.subsample(labels)
        offered, labels = ([own[rows] for own, rows in zip(each, chosen, strict=True)] for each in (offered, labels))
        aims = [
            (boxes if len(boxes) else torch.zeros(1, 4))[own[rows]]
            for boxes, own, rows in zip(drawn, matched, chosen, strict=True)
        ]
        known = known_of(targets, self.n_labels)
        return SampledProposals(
            proposals=offered,
            labels=torch.cat(labels),
            edges=torch.cat(heads.box_coder.encode(aims, offered)),
            known=torch.cat([own.expand(len(rows), -1) for own, rows in zip(known, chosen, strict=True)]),
        )


def classification_loss(logits: Tensor, labels: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy over proposals; where nothing was found, a label that nobody looked for counts as nothing too.

    Args:
        logits: (P, L + 1), background first. labels: int64 (P,). known: bool (P, L).
    """
    unasked = functional.pad(~known, (1, 0)) & (labels == 0)[:, None]
    nothing = torch.logsumexp(torch.where(unasked, logits, torch.full_like(logits, -1e4)), dim=1)
    background = torch.where(unasked.any(dim=1), torch.logaddexp(logits[:, 0], nothing), logits[:, 0])
    merged = torch.cat([background[:, None], logits[:, 1:].masked_fill(unasked[:, 1:], -1e4)], dim=1)
    return functional.cross_entropy(merged, labels, reduction="sum") / max(1, len(labels))


def box_loss(edges: Tensor, labels: Tensor, aims: Tensor) -> Tensor:
    """Smooth L1 of the found labels' edges, over all proposals, as in torchvision."""
    found = torch.nonzero(labels > 0).flatten()
    own = edges.reshape(len(edges), edges.shape[1] // 4, 4)[found, labels[found]]
    summed = functional.smooth_l1_loss(own, aims[found], beta=EDGE_TOLERANCE, reduction="sum")
    return summed / max(1, len(labels))


def _as_list(batch: Tensor) -> ImageList:
    return ImageList(batch, [(int(batch.shape[-2]), int(batch.shape[-1]))] * len(batch))


def _proposer(channels: int, options: dict[str, Any]) -> RegionProposalNetwork:
    anchors = AnchorGenerator(
        sizes=tuple(tuple(sizes) for sizes in options["anchor_sizes"]),
        aspect_ratios=tuple(tuple(options["aspect_ratios"]) for _ in LEVELS),
    )
    most = int(options["proposals"])
    return ProposalsWithIgnored(
        anchors,
        RPNHead(channels, anchors.num_anchors_per_location()[0]),
        fg_iou_thresh=0.6,
        bg_iou_thresh=0.3,
        batch_size_per_image=128,
        positive_fraction=0.5,
        pre_nms_top_n={"training": 2 * most, "testing": 2 * most},
        post_nms_top_n={"training": most, "testing": most},
        nms_thresh=0.7,
    )


def _box_heads(channels: int, width: int, n_labels: int, options: dict[str, Any]) -> RoIHeads:
    return RoIHeads(
        MultiScaleRoIAlign(featmap_names=list(LEVELS), output_size=POOLED_SIDE, sampling_ratio=2),
        TwoMLPHead(channels * POOLED_SIDE**2, width),
        FastRCNNPredictor(width, n_labels + 1),
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=64,
        positive_fraction=0.25,
        bbox_reg_weights=BOX_WEIGHTS,
        score_thresh=options["score_floor"],
        nms_thresh=options["nms_overlap"],
        detections_per_img=options["most_boxes"],
    )


def _small_first_scores(heads: RoIHeads) -> None:
    """Start from a background prior: findings are rare among proposals, so that early steps do not explode."""
    bias = heads.box_predictor.cls_score.bias
    with torch.no_grad():
        bias.zero_()
        bias[0] = 2.0


@register_architecture("context_faster_rcnn")
def build_context_faster_rcnn(options: dict[str, Any], labels: tuple[str, ...]) -> ContextFasterRcnn:
    """A detector with fresh weights.

    Args:
        options: input_size in px; width and sharpness of the body's dense classifier; pyramid_channels; proposals;
            box_head_width; anchor_sizes: one tuple of px per level; aspect_ratios; score_floor; nms_overlap;
            most_boxes.
        labels: class names; the network's label 1 is labels[0].
    """
    return ContextFasterRcnn(len(labels), options)
