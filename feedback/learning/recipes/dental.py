"""Findings of dental films: a pair of networks that ships, and one network for a client's own machine."""

from dataclasses import replace

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import DENTAL_OPG, DENTAL_RESEARCH
from feedback.learning.recipes.classifier import ClassifierRecipe
from feedback.learning.recipes.dense import OPTIONS, SETTINGS, DenseRecipe
from feedback.learning.recipes.paired import PairedRecipe
from feedback.learning.recipes.values import NOT_FOR, TriageRule

PANORAMIC_TRIAGE = TriageRule(
    kind="any_finding",
    label=None,
    urgent_sensitivity=None,
    urgent_specificity=None,
    flagged_sensitivity=None,
    sentence_source="caries or an impacted tooth at its own operating point = flagged; no panoramic is urgent",
    labels=("caries", "impacted_tooth"),
)
PANORAMIC_DENSE = DenseRecipe(
    name="panoramic-dense",
    version="1.0.0",
    terms=DENTAL_OPG,
    case_types=("dental_panoramic",),
    fewest_positives=60,
    size=544,
    settings=SETTINGS,
    augmentation=Augmentation(rotation_degrees=6.0, scale=(0.9, 1.15), mirror=True),
    options=OPTIONS,
    views=5,
    crop=320,
    epochs=8,
    batch=8,
    learning_rate=1e-3,
    sensitivity=None,
    specificity=0.8,  # a sensitivity of .90 for caries flags nine of ten films without a finding
    triage=PANORAMIC_TRIAGE,
    intended_use="Restorations, impacted teeth and caries present per panoramic film, to order a reader's worklist.",
    not_for=(*NOT_FOR, "which tooth is meant: a box on a whole tooth taught it, not a lesion", "children's dentition"),
)
PANORAMIC_HEAD = ClassifierRecipe(
    name="panoramic-head",
    version="1.0.0",
    terms=DENTAL_OPG,
    case_types=("dental_panoramic",),
    fewest_positives=60,
    size=544,
    settings=SETTINGS,
    augmentation=PANORAMIC_DENSE.augmentation,
    options={"width": 128, "kernel": 1, "direct": True, "triage": False},
    views=2,
    folds=3,
    epochs=12,
    batch=32,
    learning_rate=1e-3,
    weight_decay=0.05,
    dropout=0.3,
    box_weight=0.1,
    triage_weight=0.0,
    triage=PANORAMIC_TRIAGE,
    sensitivity=None,
    specificity=0.8,
    intended_use=PANORAMIC_DENSE.intended_use,
    not_for=PANORAMIC_DENSE.not_for,
)
PANORAMIC_LITE0 = PairedRecipe(
    name="panoramic-lite0",
    version="1.0.0",
    dense=PANORAMIC_DENSE,
    head=PANORAMIC_HEAD,
    from_head=("caries",),
)
DENTAL_RESEARCH_LITE0 = replace(
    PANORAMIC_DENSE,
    name="dental-research",
    terms=DENTAL_RESEARCH,
    case_types=("dental_bitewing", "dental_periapical"),
    size=448,
    views=3,
    crop=288,
    epochs=6,
    sensitivity=0.9,
    specificity=None,
    triage=None,
    intended_use="Caries and root-canal-treated teeth on dental crops and periapical films, on the machine it was"
    " trained on.",
    not_for=(*NOT_FOR, "leaving this machine: the set's licence does not allow that its weights are passed on"),
)

RECIPES = (PANORAMIC_LITE0, PANORAMIC_DENSE, PANORAMIC_HEAD, DENTAL_RESEARCH_LITE0)
