"""A detector: what decides its training; the shipped one and its miniature."""

from dataclasses import dataclass, field, replace
from typing import Any

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import FRACATLAS, PHANTOMS, LabelledSetTerms
from feedback.learning.recipes.values import NOT_FOR, recipe_identity
from imaging.pipeline.preprocess import CollimationRule, PreprocessSettings


@dataclass(frozen=True, slots=True)
class DetectorRecipe:
    """A detector: labels with boxes, one slice of the train groups held out for calibration.

    Attributes:
        settings: preprocessing without the inversion rule, which is fitted on train.
        calibration_share: share of the train groups that the network never sees; calibration and the operating point
            come from it.
        false_positives_per_image: what the operating point is chosen for, on the calibration slice.
    """

    name: str
    version: str
    terms: LabelledSetTerms
    case_types: tuple[str, ...]
    labels: tuple[str, ...]
    size: int
    settings: PreprocessSettings
    augmentation: Augmentation
    options: dict[str, Any]
    epochs: int
    batch: int
    learning_rate: float
    body_rate: float = 0.3
    negatives_per_positive: float = 0.5
    calibration_share: float = 0.15
    false_positives_per_image: float = 0.25
    architecture: str = "lean_faster_rcnn"
    checkpoint_every: int = 50
    intended_use: str = ""
    not_for: tuple[str, ...] = field(default_factory=tuple)

    def identity(self) -> dict[str, Any]:
        """What decides the training: JSON values without the prose of the card."""
        return recipe_identity(self)


def _detector_options(size: int, anchors: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    return {
        "input_size": size,
        "pyramid_channels": 96,
        "proposals": 200,
        "box_head_width": 256,
        "anchor_sizes": [list(level) for level in anchors],
        "aspect_ratios": [0.5, 1.0, 2.0],
        "score_floor": 0.005,
        "nms_overlap": 0.35,
        "most_boxes": 100,
    }


BONE_FASTERRCNN = DetectorRecipe(
    name="bone-fasterrcnn",
    version="1.0.0",
    terms=FRACATLAS,
    case_types=("bone",),
    labels=("fracture",),
    size=448,
    settings=PreprocessSettings(collimation_crop=CollimationRule(), normalise="percentile_window"),
    augmentation=Augmentation(rotation_degrees=20.0, scale=(0.8, 1.25), mirror=True, negative=0.0),
    options=_detector_options(448, ((16, 24), (36, 54), (80, 120))),
    epochs=12,
    batch=4,
    learning_rate=7e-4,
    not_for=(*NOT_FOR, "counting fractures", "films of children: the set does not state ages"),
    intended_use="Boxes around suspected fractures on radiographs of hand, leg, hip, shoulder; a reader checks each.",
)

MINIATURE_FASTERRCNN = replace(
    BONE_FASTERRCNN,
    name="miniature-fasterrcnn",
    terms=PHANTOMS,
    case_types=("chest",),
    labels=("mass", "pneumothorax"),
    size=96,
    augmentation=Augmentation(rotation_degrees=5.0),
    options={**_detector_options(96, ((12, 16), (20, 28), (40, 56))), "proposals": 50, "box_head_width": 64},
    epochs=3,
    batch=4,
    learning_rate=2e-3,
    checkpoint_every=4,
    calibration_share=0.25,
    intended_use="None: synthetic phantoms, to show that training works.",
    not_for=("any radiograph",),
)

RECIPES = (BONE_FASTERRCNN, MINIATURE_FASTERRCNN)
