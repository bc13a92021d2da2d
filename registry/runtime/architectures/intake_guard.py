"""What the intake guard is: the early stages of EfficientNet-Lite0, and where in the frame their channels lie.

Each channel of stages s8 and s16 is weighed with a few cosines over the frame before it is averaged, so that one linear
layer knows what is up and what is left: a plain average forgets it. The tail stays features -> mean -> linear, so that
the engines and the region of familiar frames treat a guard like any classifier.
"""

from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

from registry.runtime.architectures.catalogue import register_architecture

# Later stages are not used: they hold three quarters of the backbone's weights.
KEPT_BLOCKS = 5
STAGE_CHANNELS = 40 + 112


class IntakeGuard(nn.Module):
    """(n, 3, S, S) -> {"logits" (n, L), "features" (n, 152 * waves, S/16, S/16)}."""

    def __init__(self, n_labels: int, *, size: int, waves: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.body = timm.create_model("tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=(2, 3))
        del self.body.blocks[KEPT_BLOCKS:]
        self.standardise = nn.BatchNorm2d(STAGE_CHANNELS, affine=False)
        self.register_buffer("waves", cosines(waves, cells=size // 16), persistent=False)
        self.head = nn.Linear(STAGE_CHANNELS * len(waves), n_labels)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.from_stages(*self.body(images))
        return {"logits": self.head(features.mean(dim=(2, 3))), "features": features}

    def from_stages(self, s8: Tensor, s16: Tensor) -> Tensor:
        """The features: every channel once a wave, wave by wave."""
        joined = self.standardise(self.joined(s8, s16))
        weighed = joined[:, None] * self.waves[None, :, None]
        return weighed.flatten(1, 2)

    def joined(self, s8: Tensor, s16: Tensor) -> Tensor:
        """Both stages on the grid of the coarser one: (n, 152, S/16, S/16)."""
        return torch.cat([functional.avg_pool2d(s8, 2), s16], dim=1)


def cosines(waves: tuple[tuple[int, int], ...], *, cells: int) -> Tensor:
    """float32 (waves, cells, cells): products of the two-dimensional cosine transform's rows, (down, across) each."""
    places = (torch.arange(cells, dtype=torch.float32) + 0.5) * (torch.pi / cells)
    return torch.stack([torch.cos(down * places)[:, None] * torch.cos(across * places)[None] for down, across in waves])


@register_architecture("intake_guard")
def build_intake_guard(options: dict[str, Any], labels: tuple[str, ...]) -> IntakeGuard:
    """A guard with fresh weights.

    Args:
        options: size of the input in pixels, a multiple of 32; waves: pairs of whole numbers (down, across), half-waves
            over the frame; (0, 0) is the plain average.
    """
    waves = tuple((int(down), int(across)) for down, across in options["waves"])
    return IntakeGuard(len(labels), size=int(options["size"]), waves=waves)
