"""How each student is distilled: one frozen value a student, and the miniature that CI runs."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from feedback.learning.distillation.films import SHIPPING_SETS
from feedback.learning.distillation.inputs import ViewRule
from imaging.pipeline.preprocess import CollimationRule, PreprocessSettings


@dataclass(frozen=True, slots=True)
class DistillationRecipe:
    """A student's schedule.

    Attributes:
        student: a name of `staged_bodies.BODIES`.
        sets: folders of the data that are read; "phantoms" is made where it is not there.
        stored_size: side in px at which films are kept on disk.
        size, steps: side of the views and number of optimiser steps; last_size, last_steps: the same at the end.
        stage_weights: of stride 8, 16 and 32.
        settling_batches: views from which BatchNorm's statistics are taken anew for the averaged weights.
    """

    student: str
    sets: tuple[str, ...] = SHIPPING_SETS
    stored_size: int = 448
    size: int = 224
    steps: int = 2000
    last_size: int = 320
    last_steps: int = 200
    batch: int = 8
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    stage_weights: tuple[float, float, float] = (0.5, 1.0, 1.0)
    settling_batches: int = 40
    checkpoint_every: int = 100
    views: ViewRule = field(default_factory=ViewRule)
    settings: PreprocessSettings = field(
        default_factory=lambda: PreprocessSettings(collimation_crop=CollimationRule(), normalise="equalise_nonblack")
    )

    def identity(self) -> dict[str, Any]:
        """What decides the weights, as JSON values."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values.pop("checkpoint_every")
        return {**values, "views": asdict(self.views), "settings": self.settings.to_dict()}

    @property
    def all_steps(self) -> int:
        """Steps of both sizes."""
        return self.steps + self.last_steps

    def size_at(self, step: int) -> int:
        """Side of the views of a step, px."""
        return self.size if step < self.steps else self.last_size


RESNET18 = DistillationRecipe(student="resnet18", steps=1500, last_steps=150)
DENSENET121 = DistillationRecipe(student="densenet121")
DISTILLATIONS = {recipe.student: recipe for recipe in (RESNET18, DENSENET121)}


def miniature(recipe: DistillationRecipe) -> DistillationRecipe:
    """The same student on synthetic phantoms in seconds, to show that distillation works."""
    return replace(
        recipe,
        sets=("phantoms",),
        stored_size=96,
        size=64,
        steps=24,
        last_size=96,
        last_steps=4,
        batch=4,
        settling_batches=4,
        checkpoint_every=6,
    )
