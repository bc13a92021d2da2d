"""Lean Faster R-CNN: EfficientNet-Lite0 stages s8, s16, s32, a narrow feature pyramid, few proposals, a small box head.

About 4.6 million parameters, made for two CPU cores. The forward pass is torchvision's detection API: a list of
standardised (3, S, S) tensors in, a list of {boxes, labels (1-based), scores} in input pixels out.
"""

from collections import OrderedDict
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FasterRCNN, FastRCNNPredictor, TwoMLPHead
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from registry.runtime.architectures.catalogue import register_architecture

LEVELS = ("s8", "s16", "s32")
LEVEL_CHANNELS = [40, 112, 320]


class Lite0Pyramid(nn.Module):
    """(n, 3, S, S) -> {"s8", "s16", "s32"}: (n, channels, S / stride, S / stride) each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=(2, 3, 4)
        )
        self.pyramid = FeaturePyramidNetwork(LEVEL_CHANNELS, channels)
        self.out_channels = channels

    def forward(self, images: Tensor) -> "OrderedDict[str, Tensor]":
        return self.pyramid(OrderedDict(zip(LEVELS, self.body(images), strict=True)))

    def train(self, mode: bool = True) -> "Lite0Pyramid":
        """BatchNorm always uses the stored statistics: a batch of eight films is too small to estimate them."""
        super().train(mode)
        for module in self.body.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


@register_architecture("lean_faster_rcnn")
def build_lean_faster_rcnn(options: dict[str, Any], labels: tuple[str, ...]) -> FasterRCNN:
    """A detector with fresh weights.

    Args:
        options: input_size in px; pyramid_channels; proposals; box_head_width; anchor_sizes: one tuple of px per level;
            aspect_ratios; score_floor; nms_overlap; most_boxes.
        labels: class names; the network's label 1 is labels[0].
    """
    anchors = AnchorGenerator(
        sizes=tuple(tuple(sizes) for sizes in options["anchor_sizes"]),
        aspect_ratios=tuple(tuple(options["aspect_ratios"]) for _ in LEVELS),
    )
    channels, proposals, width = options["pyramid_channels"], options["proposals"], options["box_head_width"]
    pool = MultiScaleRoIAlign(featmap_names=list(LEVELS), output_size=7, sampling_ratio=2)
    network = FasterRCNN(
        Lite0Pyramid(channels),
        min_size=options["input_size"],
        max_size=options["input_size"],
        image_mean=[0.0, 0.0, 0.0],
        image_std=[1.0, 1.0, 1.0],
        rpn_anchor_generator=anchors,
        rpn_pre_nms_top_n_train=2 * proposals,
        rpn_pre_nms_top_n_test=2 * proposals,
        rpn_post_nms_top_n_train=proposals,
        rpn_post_nms_top_n_test=proposals,
        rpn_batch_size_per_image=128,
        box_roi_pool=pool,
        box_head=TwoMLPHead(channels * 7 * 7, width),
        box_predictor=FastRCNNPredictor(width, len(labels) + 1),
        box_batch_size_per_image=64,
        box_score_thresh=options["score_floor"],
        box_nms_thresh=options["nms_overlap"],
        box_detections_per_img=options["most_boxes"],
        _skip_resize=True,
    )
    _small_first_scores(network)
    return network


def _small_first_scores(network: FasterRCNN) -> None:
    """Start from a background prior: fractures are rare among proposals, so that early steps do not explode."""
    bias = network.roi_heads.box_predictor.cls_score.bias
    with torch.no_grad():
        bias.zero_()
        bias[0] = 2.0
