"""The student beside its teacher: every stage of the student has to foretell the teacher's by a 1 x 1 convolution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from feedback.learning.backbone import load_imagenet_lite0
from feedback.learning.distillation.inputs import ViewRule, draw_views
from registry.runtime.architectures.staged_bodies import BODIES, Lite0Body, StagedBody

LARGEST_TARGET = 6.0  # standard deviations; a few saturated cells would otherwise rule the loss


class Student(nn.Module):
    """A body with one adapter a stage; the adapters are dropped when the body has learned."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.body = BODIES[kind].make()
        pairs = zip(BODIES[kind].channels, BODIES["lite0"].channels, strict=True)
        self.adapters = nn.ModuleList(nn.Conv2d(own, theirs, 1) for own, theirs in pairs)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Foretold teacher stages of stride 8, 16 and 32."""
        return [adapter(stage) for adapter, stage in zip(self.adapters, stages_of(self.body, images), strict=True)]


@dataclass(frozen=True, slots=True)
class Teacher:
    """ImageNet's Lite0 with the mean and spread of its channels on films.

    Attributes:
        means, spreads: per stage (1, C, 1, 1).
    """

    body: StagedBody
    means: tuple[Tensor, ...]
    spreads: tuple[Tensor, ...]

    @torch.no_grad()
    def targets(self, images: Tensor) -> list[Tensor]:
        """Standardised stages."""
        found = zip(stages_of(self.body, images), self.means, self.spreads, strict=True)
        return [((stage - mean) / spread).clamp(-LARGEST_TARGET, LARGEST_TARGET) for stage, mean, spread in found]


def stages_of(body: StagedBody, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Stages of stride 8, 16 and 32."""
    s8, s16 = body.stem(images)
    return s8, s16, body.tail(s16)


def fresh_student(kind: str, *, seed: int) -> Student:
    """Seeded random weights."""
    torch.manual_seed(seed)
    return Student(kind).to(memory_format=torch.channels_last)


@torch.no_grad()
def make_teacher(films: NDArray[np.uint8], *, size: int, rule: ViewRule, seed: int, batches: int = 16) -> Teacher:
    """The teacher, its channels measured on seeded views."""
    body = Lite0Body()
    load_imagenet_lite0(body)
    body.eval().to(memory_format=torch.channels_last)
    generator = np.random.default_rng((seed, 7))
    sums: list[list[Tensor]] = []
    for _ in range(batches):
        rows = np.sort(generator.choice(len(films), size=min(8, len(films)), replace=False))
        views = draw_views(films[rows], size=size, rule=rule, generator=generator)
        sums.append([_moments(stage) for stage in stages_of(body, views)])
    moments = [torch.stack([row[stage] for row in sums]).mean(dim=0) for stage in range(3)]
    spreads = tuple((square - mean**2).clamp_min(1e-6).sqrt().view(1, -1, 1, 1) for mean, square in moments)
    return Teacher(body, tuple(mean.view(1, -1, 1, 1) for mean, _ in moments), spreads)


def distillation_loss(student: nn.Module, teacher: Teacher, images: Tensor, weights: Sequence[float]) -> Tensor:
    """Weighted mean over the stages of the squared error of standardised channels; 1 = the teacher's channel means."""
    with torch.autocast("cpu", torch.bfloat16):
        foretold = cast(list[Tensor], student(images))
    errors = [
        weight * functional.mse_loss(own.float(), wanted)
        for weight, own, wanted in zip(weights, foretold, teacher.targets(images), strict=True)
    ]
    return torch.stack(errors).sum() / sum(weights)


def _moments(stage: Tensor) -> Tensor:
    """(2, C): mean and mean square."""
    return torch.stack([stage.mean(dim=(0, 2, 3)), (stage**2).mean(dim=(0, 2, 3))])
