"""Fracture present or not."""

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import FRACATLAS
from feedback.learning.recipes.classifier import ClassifierRecipe
from feedback.learning.recipes.values import NOT_FOR, TriageRule
from imaging.pipeline.preprocess import CollimationRule, PreprocessSettings

BONE_LITE0 = ClassifierRecipe(
    name="bone-lite0",
    version="1.0.0",
    terms=FRACATLAS,
    case_types=("bone",),
    fewest_positives=60,
    size=448,
    settings=PreprocessSettings(collimation_crop=CollimationRule(), normalise="percentile_window"),
    augmentation=Augmentation(rotation_degrees=20.0, scale=(0.85, 1.2), mirror=True),
    options={"width": 128, "kernel": 1, "direct": True, "triage": False},
    views=3,
    network_share=2.0,
    folds=3,
    epochs=12,
    batch=32,
    learning_rate=1e-3,
    weight_decay=0.05,
    dropout=0.3,
    box_weight=0.1,
    triage_weight=0.0,
    triage=TriageRule(
        kind="operating_points",
        label="fracture",
        urgent_sensitivity=None,
        urgent_specificity=0.95,
        flagged_sensitivity=0.9,
        sentence_source="fracture probability at two thresholds: specificity .95 = urgent, sensitivity .90 = flagged",
    ),
    intended_use="Fracture present or not on radiographs of hand, leg, hip and shoulder, to order a reader's worklist.",
    not_for=(*NOT_FOR, "films with hardware: nearly all of those in the set are fractures, so hardware is a cue"),
)

RECIPES = (BONE_LITE0,)
