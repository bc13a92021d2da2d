"""A body's stages of stride 16 and 32, a small convolutional head, global average pooling, one linear layer.

The pooled tensor holds the head's channels; when `direct` is set, the body's own channels beside them; when `context`
is set, these once more, averaged over a wide window, for what cannot be pinned to a place. Whatever is pooled is
returned as "features": a label's signed contribution map is exactly head.weight[label] applied to it.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from registry.runtime.architectures.catalogue import Builder, register_architecture
from registry.runtime.architectures.staged_bodies import BODIES


class StagedHead(nn.Module):
    """(n, 3, S, S) -> {"logits" (n, L), "features" (n, C, S/16, S/16), "triage_logits" (n, 3) with that head}."""

    def __init__(
        self,
        n_labels: int,
        *,
        kind: str,
        width: int,
        kernel: int,
        direct: bool,
        triage: bool,
        context: int = 0,
        members: int = 1,
    ) -> None:
        super().__init__()
        self.body = BODIES[kind].make()
        joined = sum(BODIES[kind].channels[1:])
        self.standardise = nn.BatchNorm2d(joined, affine=False)
        self.neck = nn.Sequential(
            nn.Conv2d(joined, members * width, 1, bias=False),
            nn.BatchNorm2d(members * width),
            nn.ReLU(),
            nn.Conv2d(members * width, members * width, kernel, padding=kernel // 2, groups=members, bias=False),
            nn.BatchNorm2d(members * width),
            nn.ReLU(),
        )
        self.direct, self.context = direct, context
        pooled = members * width + (joined if direct else 0) + (joined if context else 0)
        self.head = nn.Linear(pooled, n_labels)
        self.triage_head = nn.Linear(pooled, 3) if triage else None

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        s16, s32 = self.body(images)
        return self.from_stages(s16, s32)

    def from_stages(self, s16: Tensor, s32: Tensor) -> dict[str, Tensor]:
        """The same from the body's two stages, which training keeps on disk."""
        features = self.features(s16, s32)
        pooled = features.mean(dim=(2, 3))
        outputs = {"logits": self.head(pooled), "features": features}
        if self.triage_head is not None:
            outputs["triage_logits"] = self.triage_head(pooled)
        return outputs

    def features(self, s16: Tensor, s32: Tensor) -> Tensor:
        """What is pooled: float32 (n, C, S/16, S/16)."""
        enlarged = functional.interpolate(s32, size=s16.shape[-2:], mode="bilinear", align_corners=False)
        joined = self.standardise(torch.cat([s16, enlarged], dim=1))
        features: Tensor = self.neck(joined)
        if self.direct:
            features = torch.cat([features, joined], dim=1)
        if self.context:
            features = torch.cat([features, self._context(joined)], dim=1)
        return features

    def _context(self, joined: Tensor) -> Tensor:
        """Averages over `context` x `context` cells of stride 32, on the grid of stride 16."""
        coarse = functional.avg_pool2d(joined, 2, ceil_mode=True)
        wide = functional.avg_pool2d(coarse, self.context, 1, self.context // 2, count_include_pad=False)
        return functional.interpolate(wide, size=joined.shape[-2:], mode="bilinear", align_corners=False)


def _builder(kind: str) -> Builder:
    def build(options: dict[str, Any], labels: tuple[str, ...]) -> StagedHead:
        """A classifier with fresh weights.

        Args:
            options: width of the head in channels; kernel of its second convolution; direct: pool the body's channels
                too; triage: add the three-class head; context: side of its window in cells of stride 32, odd, 0 = none;
                members: heads of that width side by side, which were trained apart and are averaged.
        """
        return StagedHead(
            len(labels),
            kind=kind,
            width=int(options["width"]),
            kernel=int(options["kernel"]),
            direct=bool(options["direct"]),
            triage=bool(options["triage"]),
            context=int(options.get("context", 0)),
            members=int(options.get("members", 1)),
        )

    return build


for _kind in BODIES:
    register_architecture(f"{_kind}_s16s32_head")(_builder(_kind))
