"""Networks side by side on one input: every label is answered by the one member that was measured to know it best.

Their last feature maps are concatenated and one linear head reads them: a label's row is zero on the channels of the
members that do not answer it, and its cells are pooled as its member pools them. So the explanation stays exact.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from registry.runtime.architectures.catalogue import build, register_architecture
from registry.runtime.architectures.lite0_dense import Lite0Dense, log_mean_exp
from registry.runtime.architectures.staged_head import StagedHead

Member = Lite0Dense | StagedHead  # both end on the grid of stride 16
HEADS = ("head.", "triage_head.")


class PairedHeads(nn.Module):
    """(n, 3, S, S) -> {"logits" (n, L), "features" (n, sum of the members' C, S/16, S/16)}.

    Members keep no head of their own: `head` holds their rows. Triage logits of a member are left out.
    """

    def __init__(self, members: Sequence[Member], answered: Sequence[Sequence[int]]) -> None:
        super().__init__()
        widths = [member.head.in_features for member in members]
        self.starts = [sum(widths[:place]) for place in range(len(widths))]
        self.answered = [list(indices) for indices in answered]
        concatenated = [index for indices in self.answered for index in indices]
        self.order = [concatenated.index(label) for label in range(len(concatenated))]
        self.head = nn.Linear(sum(widths), len(concatenated))
        for member, start, indices in zip(members, self.starts, self.answered, strict=True):
            _others_silenced(self.head, slice(start, start + member.head.in_features), indices)
            del member.head
            if isinstance(member, StagedHead):
                member.triage_head = None
        self.members = nn.ModuleList(members)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = torch.cat([_features(member, images) for member in self.members], dim=1)
        cells = functional.conv2d(features, self.head.weight[:, :, None, None])
        return {"logits": self.pooled(cells), "features": features}

    def pooled(self, cells: Tensor) -> Tensor:
        """Logits (n, L) of a logit map (n, L, h, w), which lacks the head's bias."""
        parts = [
            _pooled(member, cells[:, indices]) for member, indices in zip(self.members, self.answered, strict=True)
        ]
        return self.head.bias + torch.cat(parts, dim=1)[:, self.order]

    @torch.no_grad()
    def take(self, place: int, trained: Member) -> None:
        """The weights of a member's body and its rows of the head, from a whole network with all labels."""
        state = {name: value for name, value in trained.state_dict().items() if not name.startswith(HEADS)}
        self.members[place].load_state_dict(state)
        start, rows = self.starts[place], self.answered[place]
        self.head.weight[rows, start : start + trained.head.in_features] = trained.head.weight[rows]
        self.head.bias[rows] = trained.head.bias[rows]


@torch.no_grad()
def _others_silenced(head: nn.Linear, channels: slice, answered: Sequence[int]) -> None:
    others = [label for label in range(head.out_features) if label not in answered]
    head.weight[others, channels] = 0.0


def _features(member: nn.Module, images: Tensor) -> Tensor:
    if isinstance(member, Lite0Dense):
        return member.features(member.stem(images))
    assert isinstance(member, StagedHead)
    return member.features(*member.body(images))


def _pooled(member: nn.Module, cells: Tensor) -> Tensor:
    if isinstance(member, Lite0Dense):
        return log_mean_exp(cells, cells[0, 0].numel(), member.sharpness)
    return cells.mean(dim=(2, 3))


@register_architecture("paired_heads")
def build_paired_heads(options: dict[str, Any], labels: tuple[str, ...]) -> PairedHeads:
    """Members with fresh weights.

    Args:
        options: members, a list of {architecture, options, labels}: what `build` makes each of, and which labels it
            answers. Every label is answered once.
    Raises:
        ValueError: a label is answered by no member or by two; a member has no feature map of stride 16.
    """
    stated = [(entry["architecture"], entry["options"], entry["labels"]) for entry in options["members"]]
    if sorted(label for _, _, names in stated for label in names) != sorted(labels):
        raise ValueError("every label is answered by one member")
    if any(name == "paired_heads" for name, _, _ in stated):
        raise ValueError("a pair of pairs")
    built = [build(name, own, labels) for name, own, _ in stated]
    members = [member for member in built if isinstance(member, Member)]
    if len(members) < len(built):
        raise ValueError("members have feature maps of stride 16")
    return PairedHeads(members, [[labels.index(label) for label in names] for _, _, names in stated])
