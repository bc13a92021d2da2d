"""What each recipe trains: one frozen value per shipped model, and the miniatures that CI trains."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import CHEST_NIH, FRACATLAS, PHANTOMS, LabelledSetTerms
from imaging.pipeline.preprocess import CollimationRule, PreprocessSettings


@dataclass(frozen=True, slots=True)
class TriageRule:
    """How triage thresholds are chosen, out of fold.

    Attributes:
        kind: "softmax" (a three-class head) or "operating_points" (from one label's probability).
        label: for "operating_points".
        urgent_sensitivity, urgent_specificity: exactly one of them is what the urgent threshold reaches.
        flagged_sensitivity: what the threshold below which an image is normal reaches.
        sentence_source: where the rule comes from.
    """

    kind: str
    label: str | None
    urgent_sensitivity: float | None
    urgent_specificity: float | None
    flagged_sensitivity: float
    sentence_source: str


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


CHOSEN_AFTERWARDS = (
    "sensitivity",
    "specificity",
    "triage",
    "context",
    "probe_inverse_penalty",
    "probe_views",
    "network_share",
)
"""What happens after the last step: a finished training is kept when only these change."""


def recipe_identity(recipe: Any) -> dict[str, Any]:
    """JSON values of a recipe: set by name, settings as they are stored; no prose, nothing chosen afterwards."""
    values = {entry.name: getattr(recipe, entry.name) for entry in fields(recipe)}
    for indifferent in ("intended_use", "not_for", "checkpoint_every", *CHOSEN_AFTERWARDS):
        values.pop(indifferent, None)
    values["terms"] = recipe.terms.name
    values["settings"] = recipe.settings.to_dict()
    values["augmentation"] = asdict(recipe.augmentation)
    return values


@dataclass(frozen=True, slots=True)
class ClassifierRecipe:
    """A classifier: a small head on frozen ImageNet features, trained on the whole train split.

    Attributes:
        fewest_positives: findings with fewer train images are not learned.
        settings: preprocessing without the inversion rule, which is fitted on train.
        options: of the architecture "lite0_s16s32_head".
        views: augmented views of every image that are cached; epochs draw from these and the plain view.
        folds: grouped folds for everything that is fitted out of fold: temperatures, biases, operating points.
        sensitivity, specificity: exactly one of them is what the labels' operating points are chosen for. Where labels
            are many and weak, a sensitivity of .90 makes most of them positive on every film, and nobody reads that.
        triage: how the three classes come about.
        familiarity_quantile: of train distances, the threshold beyond which a frame is not analysed.
        context, probe_inverse_penalty, probe_views, network_share: of `with_context_probe`; the plain view and so many
            augmented ones.
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
    sensitivity: float | None = 0.9
    specificity: float | None = None
    familiarity_quantile: float = 0.995
    architecture: str = "lite0_s16s32_head"
    checkpoint_every: int = 50
    intended_use: str = ""
    not_for: tuple[str, ...] = field(default_factory=tuple)

    def identity(self) -> dict[str, Any]:
        """What decides the training: JSON values without the prose of the card."""
        return recipe_identity(self)

    @property
    def shipped_options(self) -> dict[str, Any]:
        """Of the network that ships: with its context channels."""
        return {**self.options, "context": self.context}


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


NOT_FOR = (
    "screening or diagnosis without a reader",
    "ruling anything out: an empty result is not a normal film",
    "case types, body parts or projections other than those above",
)
CHEST_LITE0 = ClassifierRecipe(
    name="chest-lite0",
    version="1.0.0",
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
RECIPES: dict[str, ClassifierRecipe | DetectorRecipe] = {
    recipe.name: recipe for recipe in (CHEST_LITE0, BONE_LITE0, BONE_FASTERRCNN, MINIATURE_LITE0, MINIATURE_FASTERRCNN)
}
