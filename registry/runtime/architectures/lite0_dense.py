"""EfficientNet-Lite0 as a dense classifier: stages of stride 8, 16 and 32 meet at stride 16, a small neck, one linear
head applied to every cell, and the logit map pooled by log-mean-exp, so that a small lesion is not averaged away.

The body's BatchNorms are folded into its convolutions: their statistics never change, and eager inference and training
need not pass over every activation twice more.
"""

import math
from collections import OrderedDict
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from registry.runtime.architectures.catalogue import register_architecture

S8_CHANNELS, S16_CHANNELS, S32_CHANNELS = 40, 112, 320
SEPARABLE = (("conv_dw", "bn1"), ("conv_pw", "bn2"))
INVERTED = (("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3"))


class Lite0Dense(nn.Module):
    """(n, 3, S, S) -> {"logits" (n, L), "features" (n, C, S/16, S/16)}.

    logit = head.bias + log(mean(exp(sharpness * m))) / sharpness over the cells of m = head.weight @ features. The
    pool's weights on the cells sum to 1, so head.weight are Grad-CAM's channel weights here as under a mean.
    """

    def __init__(self, n_labels: int, *, width: int, sharpness: float) -> None:
        super().__init__()
        body = folded_lite0(None)
        self.stem, self.late16, self.late32 = body["stem"], body["late16"], body["late32"]
        self.from_s8 = nn.Conv2d(4 * S8_CHANNELS, width, 1, bias=False)
        self.from_s16 = nn.Conv2d(S16_CHANNELS, width, 1, bias=False)
        self.from_s32 = nn.Conv2d(S32_CHANNELS, width, 1, bias=False)
        self.standardise = nn.BatchNorm2d(width)
        self.neck = nn.Sequential(*_separable(width), *_separable(width))
        self.head = nn.Linear(width, n_labels)
        self.sharpness = sharpness
        nn.init.normal_(self.head.weight, std=0.01)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        return self.from_stem(self.stem(images))

    def from_stem(self, s8: Tensor) -> dict[str, Tensor]:
        """The same from the stage of stride 8, which training keeps on disk."""
        features = self.features(s8)
        return {"logits": self.pooled(self.cells(features), features[0, 0].numel()), "features": features}

    def features(self, s8: Tensor) -> Tensor:
        """float32 (n, C, h, w) of the stage of stride 8, (n, 40, 2h, 2w); h and w are even."""
        s16 = self.late16(s8)
        return self.joined(s8, s16, self.late32(s16))

    def joined(self, s8: Tensor, s16: Tensor, s32: Tensor) -> Tensor:
        """The same where all three stages are there already."""
        coarse = self.from_s32(s32)
        enlarged = functional.interpolate(coarse, size=s16.shape[-2:], mode="bilinear", align_corners=False)
        summed = self.from_s8(functional.pixel_unshuffle(s8, 2)) + self.from_s16(s16) + enlarged
        found: Tensor = self.neck(functional.relu(self.standardise(summed)))
        return found

    def cells(self, features: Tensor) -> Tensor:
        """The logit map (n, L, h, w), without the head's bias."""
        return functional.conv2d(features, self.head.weight[:, :, None, None])

    def pooled(self, cells: Tensor, count: int) -> Tensor:
        """Logits (n, L) of a logit map that stands for `count` cells: a crop's missing ones count as nothing found."""
        return self.head.bias + log_mean_exp(cells, count, self.sharpness)


def log_mean_exp(cells: Tensor, count: int, sharpness: float) -> Tensor:
    """(n, L) of (n, L, h, w): between mean and maximum; what `count` has beyond h * w adds nothing to the sum."""
    summed = torch.logsumexp(sharpness * cells.flatten(2), dim=2)
    return (summed - math.log(count)) / sharpness


def folded_lite0(weights: dict[str, Tensor] | None) -> dict[str, nn.Sequential]:
    """The body in three parts, every BatchNorm folded into the convolution before it.

    Args:
        weights: a state dict of timm's tf_efficientnet_lite0 as a feature extractor; None keeps fresh weights.
    """
    body = timm.create_model("tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=(3, 4)).eval()
    if weights is not None:
        body.load_state_dict(weights)
    for block in [block for stage in body.blocks for block in stage]:
        for convolution, norm in INVERTED if hasattr(block, "conv_pwl") else SEPARABLE:
            _fold(block, convolution, norm)
    _fold(body, "conv_stem", "bn1")
    entry = OrderedDict(conv_stem=body.conv_stem, act=body.bn1)
    stages = {f"blocks{number}": stage for number, stage in enumerate(body.blocks)}
    return {
        "stem": nn.Sequential(
            OrderedDict(**entry, **{name: stages[name] for name in ("blocks0", "blocks1", "blocks2")})
        ),
        "late16": nn.Sequential(OrderedDict((name, stages[name]) for name in ("blocks3", "blocks4"))),
        "late32": nn.Sequential(OrderedDict((name, stages[name]) for name in ("blocks5", "blocks6"))),
    }


def _fold(owner: nn.Module, convolution: str, norm: str) -> None:
    """Put the norm's scale and shift into the convolution and leave the norm's activation in its place."""
    own, normed = getattr(owner, convolution), getattr(owner, norm)
    plain = nn.BatchNorm2d(normed.num_features, eps=normed.eps).eval()
    plain.load_state_dict(normed.state_dict())
    setattr(owner, convolution, fuse_conv_bn_eval(own.eval(), plain))
    setattr(owner, norm, normed.act if isinstance(normed.act, nn.Module) else nn.Identity())


def _separable(width: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
        nn.Conv2d(width, width, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


@register_architecture("lite0_dense")
def build_lite0_dense(options: dict[str, Any], labels: tuple[str, ...]) -> Lite0Dense:
    """A classifier with fresh weights.

    Args:
        options: width of the neck in channels; sharpness of the pool: towards 0 the mean, large the maximum.
    """
    return Lite0Dense(len(labels), width=int(options["width"]), sharpness=float(options["sharpness"]))
