"""Findings and triage on frontal chest films, and the miniatures that CI trains on phantoms."""

from dataclasses import replace

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import CHEST_NIH, PHANTOMS
from feedback.learning.recipes.classifier import ClassifierRecipe
from feedback.learning.recipes.values import NOT_FOR, TriageRule
from imaging.pipeline.preprocess import CollimationRule, PreprocessSettings

CHEST_LITE0 = ClassifierRecipe(
    name="chest-lite0",
    version="2.0.0",
    terms=CHEST_NIH,
    case_types=("chest",),
    fewest_positives=60,
    size=448,
    settings=PreprocessSettings(collimation_crop=CollimationRule(), normalise="equalise_nonblack"),
    augmentation=Augmentation(),
    options={"width": 128, "kernel": 1, "direct": True, "triage": True},
    views=4,
    folds=3,
    epochs=12,
    batch=32,
    learning_rate=1e-3,
    weight_decay=0.05,
    dropout=0.3,
    box_weight=0.1,
    triage_weight=0.5,
    sensitivity=None,
    specificity=0.8,
    triage_share=0.25,
    triage=TriageRule(
        kind="softmax",
        label=None,
        urgent_sensitivity=None,
        urgent_specificity=0.7,
        flagged_sensitivity=0.9,
        sentence_source="pneumothorax, edema, consolidation or pneumonia = urgent; another finding = flagged",
    ),
    intended_use="Ten findings and a triage class on frontal chest films of adults, to order a reader's worklist.",
    not_for=(
        *NOT_FOR,
        "lateral films, children",
        "settling a single finding: the labels are mined from reports and often wrong",
    ),
)

CHEST_RESNET18 = replace(
    CHEST_LITE0, name="chest-resnet18", version="1.0.0", body="resnet18", size=384, views=2, epochs=10
)
CHEST_DENSENET121 = replace(
    CHEST_LITE0, name="chest-densenet121", version="1.0.0", body="densenet121", size=320, views=2, epochs=10
)
MINIATURE_LITE0 = replace(
    CHEST_LITE0,
    name="miniature-lite0",
    terms=PHANTOMS,
    fewest_positives=8,
    size=96,
    options={"width": 16, "kernel": 1, "direct": True, "triage": True},
    views=1,
    folds=2,
    epochs=6,
    batch=8,
    learning_rate=5e-3,
    checkpoint_every=4,
    intended_use="None: synthetic phantoms, to show that training works.",
    not_for=("any radiograph",),
)

MINIATURE_RESNET18 = replace(MINIATURE_LITE0, name="miniature-resnet18", body="resnet18")
MINIATURE_DENSENET121 = replace(MINIATURE_LITE0, name="miniature-densenet121", body="densenet121")

RECIPES = (
    CHEST_LITE0,
    CHEST_RESNET18,
    CHEST_DENSENET121,
    MINIATURE_LITE0,
    MINIATURE_RESNET18,
    MINIATURE_DENSENET121,
)
