"""A detector: what decides its training; two families for bone, panoramic and a client's own dental films."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from feedback.learning.augment import Augmentation
from feedback.learning.labelled_sets import DENTAL_OPG, DENTAL_RESEARCH, FRACATLAS, PHANTOMS, LabelledSetTerms
from feedback.learning.recipes.bone import BONE_LITE0
from feedback.learning.recipes.dense import OPTIONS, SETTINGS, DenseRecipe
from feedback.learning.recipes.dental import DENTAL_RESEARCH_LITE0, PANORAMIC_DENSE
from feedback.learning.recipes.values import NOT_FOR, recipe_identity
from imaging.pipeline.preprocess import PreprocessSettings
from registry.runtime.values import TileSpec

FALSE_POSITIVES = 0.25  # false boxes of a label per image that a reader is shown


@dataclass(frozen=True, slots=True)
class DetectorRecipe:
    """A detector: labels with boxes, one slice of the train groups held out for calibration.

    Attributes:
        settings: preprocessing without the inversion rule, which is fitted on train.
        body: the dense classifier of the same films whose first fold's body training starts from; None starts from
            ImageNet.
        tiles: windows that serving cuts a film into; None looks at the whole film at once.
        crop: side of the random crops that are trained on, in px, a multiple of 32; 0 trains on whole films.
        calibration_share: share of the groups that the body never saw which the detector never sees either; the weight
            of the context, calibration and operating points come from them.
        false_positives_per_image: by label, what the operating point is chosen for on the calibration slice; a label
            that is not named gets FALSE_POSITIVES.
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
    architecture: str
    body: DenseRecipe | None = None
    crop: int = 0
    tiles: TileSpec | None = None
    body_rate: float = 0.3
    averaging: float = 0.997
    negatives_per_positive: float = 0.5
    calibration_share: float = 0.5
    false_positives_per_image: dict[str, float] = field(default_factory=dict)
    checkpoint_every: int = 50
    intended_use: str = ""
    not_for: tuple[str, ...] = field(default_factory=tuple)

    def identity(self) -> dict[str, Any]:
        """What decides the training: JSON values without the prose of the card."""
        values = recipe_identity(self)
        values.pop("false_positives_per_image")  # chosen afterwards
        tiles = values.pop("tiles")
        if tiles is not None:  # they decide what the training samples show
            values["tiles"] = asdict(tiles)
        return {**values, "body": None if self.body is None else self.body.identity()}


SHARED_OPTIONS = {**OPTIONS, "pyramid_channels": 96, "score_floor": 0.005, "most_boxes": 100}


def yolo_options(size: int, *, nms_overlap: float) -> dict[str, Any]:
    """Of the architecture "anchor_free_yolo"."""
    return {**SHARED_OPTIONS, "input_size": size, "tower_depth": 2, "nms_overlap": nms_overlap}


def faster_rcnn_options(
    size: int,
    *,
    nms_overlap: float,
    anchors: tuple[tuple[int, ...], ...],
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
) -> dict[str, Any]:
    """Of the architecture "context_faster_rcnn"; anchors in px a level, ratios height to width."""
    return {
        **SHARED_OPTIONS,
        "input_size": size,
        "nms_overlap": nms_overlap,
        "proposals": 200,
        "box_head_width": 256,
        "anchor_sizes": [list(level) for level in anchors],
        "aspect_ratios": list(ratios),
    }


BONE_YOLO = DetectorRecipe(
    name="bone-yolo",
    version="1.0.0",
    terms=FRACATLAS,
    case_types=("bone",),
    labels=("fracture",),
    size=640,
    crop=416,
    settings=SETTINGS,
    augmentation=Augmentation(rotation_degrees=30.0, scale=(0.75, 1.3), mirror=True, noise=0.03),
    options=yolo_options(640, nms_overlap=0.35),
    architecture="anchor_free_yolo",
    body=BONE_LITE0,
    epochs=18,
    batch=8,
    learning_rate=1e-3,
    negatives_per_positive=0.7,
    not_for=(*NOT_FOR, "counting fractures", "films of children: the set does not state ages"),
    intended_use="Boxes around suspected fractures on radiographs of hand, leg, hip, shoulder; a reader checks each.",
)
BONE_FASTERRCNN = replace(
    BONE_YOLO,
    name="bone-fasterrcnn",
    version="2.0.0",
    architecture="context_faster_rcnn",
    options=faster_rcnn_options(640, nms_overlap=0.35, anchors=((20, 32), (46, 66), (95, 150))),
)
PANORAMIC_YOLO = DetectorRecipe(
    name="panoramic-yolo",
    version="1.0.0",
    terms=DENTAL_OPG,
    case_types=("dental_panoramic",),
    labels=("restoration", "impacted_tooth", "caries"),
    size=576,
    crop=416,
    settings=SETTINGS,
    augmentation=Augmentation(rotation_degrees=6.0, scale=(0.85, 1.2), mirror=True),
    options=yolo_options(576, nms_overlap=0.5),
    architecture="anchor_free_yolo",
    body=PANORAMIC_DENSE,
    epochs=24,
    batch=8,
    learning_rate=1e-3,
    negatives_per_positive=1.0,
    calibration_share=0.6,
    false_positives_per_image={"restoration": 0.5},  # five a film: at a quarter, four of ten would go without a box
    not_for=(*NOT_FOR, "the extent of a lesion: boxes of caries were drawn on whole teeth", "children's dentition"),
    intended_use="Boxes around restorations, impacted teeth and carious teeth on panoramic films; a reader checks.",
)
PANORAMIC_FASTERRCNN = replace(
    PANORAMIC_YOLO,
    name="panoramic-fasterrcnn",
    architecture="context_faster_rcnn",
    options=faster_rcnn_options(576, nms_overlap=0.5, anchors=((28, 40), (50, 64), (80, 110)), ratios=(1.0, 2.2, 4.5)),
)
RESEARCH_YOLO = replace(
    PANORAMIC_YOLO,
    name="dental-research-yolo",
    terms=DENTAL_RESEARCH,
    case_types=("dental_bitewing", "dental_periapical"),
    labels=("caries", "root_canal_treated"),
    size=960,
    crop=576,
    # a lesion is seen enlarged, in a window; a root-canal-treated tooth, which fills a periapical, on the whole film
    tiles=TileSpec(side=576, overlap=192, whole=True),
    options=yolo_options(960, nms_overlap=0.4),
    body=DENTAL_RESEARCH_LITE0,
    epochs=18,
    not_for=DENTAL_RESEARCH_LITE0.not_for,
    intended_use="Boxes around carious lesions and root-canal-treated teeth on dental crops and periapicals, on the"
    " machine it was trained on.",
)
RESEARCH_FASTERRCNN = replace(
    RESEARCH_YOLO,
    name="dental-research-fasterrcnn",
    architecture="context_faster_rcnn",
    options=faster_rcnn_options(960, nms_overlap=0.4, anchors=((14, 24), (40, 72), (140, 320))),
)
MINIATURE_YOLO = replace(
    BONE_YOLO,
    name="miniature-yolo",
    terms=PHANTOMS,
    case_types=("chest",),
    labels=("mass", "pneumothorax"),
    size=96,
    crop=0,
    augmentation=Augmentation(rotation_degrees=5.0),
    options={**yolo_options(96, nms_overlap=0.35), "pyramid_channels": 32, "width": 16},
    body=None,
    epochs=3,
    batch=4,
    learning_rate=2e-3,
    checkpoint_every=4,
    calibration_share=0.25,
    intended_use="None: synthetic phantoms, to show that training works.",
    not_for=("any radiograph",),
)
MINIATURE_FASTERRCNN = replace(
    MINIATURE_YOLO,
    name="miniature-fasterrcnn",
    architecture="context_faster_rcnn",
    options={
        **faster_rcnn_options(96, nms_overlap=0.35, anchors=((12, 16), (20, 28), (40, 56))),
        "pyramid_channels": 32,
        "width": 16,
        "proposals": 50,
        "box_head_width": 64,
    },
)

RECIPES = (
    BONE_YOLO,
    BONE_FASTERRCNN,
    PANORAMIC_YOLO,
    PANORAMIC_FASTERRCNN,
    RESEARCH_YOLO,
    RESEARCH_FASTERRCNN,
    MINIATURE_YOLO,
    MINIATURE_FASTERRCNN,
)
