"""Fracture present or not."""

from dataclasses import replace

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import FRACATLAS, PHANTOMS
from feedback.learning.recipes.dense import OPTIONS, SETTINGS, DenseRecipe
from feedback.learning.recipes.values import NOT_FOR, TriageRule

BONE_LITE0 = DenseRecipe(
    name="bone-lite0",
    version="2.0.0",
    terms=FRACATLAS,
    case_types=("bone",),
    fewest_positives=60,
    size=448,
    settings=SETTINGS,
    augmentation=Augmentation(rotation_degrees=30.0, scale=(0.8, 1.3), mirror=True, noise=0.03),
    options=OPTIONS,
    views=6,
    crop=288,
    epochs=12,
    batch=8,
    learning_rate=1e-3,
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
MINIATURE_DENSE = replace(
    BONE_LITE0,
    name="miniature-dense",
    version="1.0.0",
    terms=PHANTOMS,
    case_types=("chest",),
    fewest_positives=8,
    size=96,
    augmentation=Augmentation(rotation_degrees=5.0),
    options={"width": 16, "sharpness": 1.0},
    views=1,
    crop=64,
    folds=2,
    epochs=3,
    learning_rate=5e-3,
    checkpoint_every=4,
    triage=None,
    intended_use="None: synthetic phantoms, to show that training works.",
    not_for=("any radiograph",),
)

RECIPES = (BONE_LITE0, MINIATURE_DENSE)
