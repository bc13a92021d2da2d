"""A dense classifier: every cell of the film is told whether it lies in a drawn box, and the cells make the answer."""

from dataclasses import dataclass, field
from typing import Any

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import LabelledSetTerms
from feedback.learning.recipes.values import TriageRule, recipe_identity
from imaging.pipeline.preprocess import CollimationRule, PreprocessSettings

SETTINGS = PreprocessSettings(collimation_crop=CollimationRule(), normalise="percentile_window")
OPTIONS = {"width": 96, "sharpness": 2.0}


@dataclass(frozen=True, slots=True)
class DenseRecipe:
    """What decides the training of a `lite0_dense` network.

    Attributes:
        fewest_positives: findings with fewer train images are not learned.
        size: side of the input in px, a multiple of 32.
        settings: preprocessing without the inversion rule, which is fitted on train.
        options: of the architecture "lite0_dense".
        views: augmented views of every image that are cached beside the plain one; epochs draw from all.
        crop: side of the random crops that are trained on, in px, a multiple of 32; 0 trains on whole films. Half of
            the crops of a film with boxes hold a part of one.
        trained_stages: the body's stages that are trained, of "blocks3" to "blocks6"; what comes before stays as it is.
        body_rate: their learning rate as a share of the others'.
        cell_weight, image_weight: of the two parts of the loss.
        focus: exponent of the focal loss on the cells.
        folds: grouped folds for everything that is fitted out of fold: temperatures, biases, operating points.
        sensitivity, specificity: exactly one of them is what the labels' operating points are chosen for.
        triage: how the three classes come about; None gives the version no triage.
        familiarity_quantile: of train distances, the threshold beyond which a frame is not analysed.
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
    epochs: int
    batch: int
    learning_rate: float
    crop: int = 0
    trained_stages: tuple[str, ...] = ("blocks3", "blocks4", "blocks5", "blocks6")
    body_rate: float = 0.3
    weight_decay: float = 0.02
    dropout: float = 0.1
    averaging: float = 0.995
    cell_weight: float = 1.0
    image_weight: float = 1.0
    focus: float = 2.0
    folds: int = 3
    sensitivity: float | None = 0.9
    specificity: float | None = None
    triage: TriageRule | None = None
    familiarity_quantile: float = 0.995
    architecture: str = "lite0_dense"
    checkpoint_every: int = 50
    intended_use: str = ""
    not_for: tuple[str, ...] = field(default_factory=tuple)

    def identity(self) -> dict[str, Any]:
        """What decides the training: JSON values without the prose of the card."""
        return recipe_identity(self)
