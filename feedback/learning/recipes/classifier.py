"""A classifier with a small head on a pretrained body: what decides its training."""

from dataclasses import dataclass, field
from typing import Any

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import LabelledSetTerms
from feedback.learning.recipes.values import TriageRule, recipe_identity
from imaging.pipeline.preprocess import PreprocessSettings


@dataclass(frozen=True, slots=True)
class ClassifierRecipe:
    """A classifier: a small head on a frozen pretrained body, trained on the whole train split.

    Attributes:
        fewest_positives: findings with fewer train images are not learned.
        settings: preprocessing without the inversion rule, which is fitted on train.
        body: "lite0", or a student that was distilled from it.
        options: of the architecture.
        views: augmented views of every image that are cached; epochs draw from these and the plain view.
        folds: grouped folds for everything that is fitted out of fold: temperatures, biases, operating points.
        sensitivity, specificity: exactly one of them is what the labels' operating points are chosen for. Where labels
            are many and weak, a sensitivity of .90 makes most of them positive on every film, and nobody reads that.
        triage: how the three classes come about.
        familiarity_quantile: of train distances, the threshold beyond which a frame is not analysed.
        context, probe_inverse_penalty, network_share, triage_share: of `with_context_probe`; probe_views: how many
            augmented views it is fitted on, beside the plain one.
    """

    name: str
    version: str
    terms: LabelledSetTerms
    case_types: tuple[str, ...]
    fewest_positives: int
    size: int
    settings: PreprocessSettings
    augmentation: Augmentation
    options: dict[str, Any]
    views: int
    folds: int
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    dropout: float
    box_weight: float
    triage_weight: float
    triage: TriageRule
    context: int = 7
    probe_inverse_penalty: float = 0.01
    probe_views: int = 0
    network_share: float = 1.0
    triage_share: float = 1.0
    sensitivity: float | None = 0.9
    specificity: float | None = None
    familiarity_quantile: float = 0.995
    body: str = "lite0"
    checkpoint_every: int = 50
    intended_use: str = ""
    not_for: tuple[str, ...] = field(default_factory=tuple)

    def identity(self) -> dict[str, Any]:
        """What decides the training: JSON values without the prose of the card."""
        return recipe_identity(self)

    @property
    def architecture(self) -> str:
        """The registered name of head on body."""
        return f"{self.body}_s16s32_head"

    @property
    def shipped_options(self) -> dict[str, Any]:
        """Of the network that ships: with its context channels."""
        return {**self.options, "context": self.context}
