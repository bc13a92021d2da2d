"""How the registry words what it holds, in a terminal, on a page and in JSON. Plain Python."""

import re

FAMILIES = {
    "faster_rcnn": "Faster R-CNN",
    "yolo": "YOLO, anchor-free",
    "densenet121": "DenseNet-121",
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "efficientnet_b0": "EfficientNet-B0",
    "efficientnet_b7": "EfficientNet-B7",
    "lite0": "EfficientNet-Lite0",
    "paired_heads": "two networks, each label by the better one",
    "intake_guard": "guard",
}
_ABBREVIATIONS = (
    (r"\bmap 50 95\b", "mAP50-95"),
    (r"\bmap 50\b", "mAP50"),
    (r"\bap 50\b", "AP50"),
    (r"\bauc\b", "AUC"),
    (r"\bece\b", "ECE"),
)


def words(name: str) -> str:
    """A name of code as words."""
    return name.replace("_", " ")


def short(value: float) -> str:
    """Two digits, without the zero before the point."""
    text = f"{value:.2f}"
    return text.removeprefix("0") if text.startswith("0.") else text


def figure_words(name: str) -> str:
    """The name of a figure for a narrow column, as in "AP50 caries" or "recall at 1 FP"."""
    spoken = words(name)
    for pattern, written in _ABBREVIATIONS:
        spoken = re.sub(pattern, written, spoken)
    return re.sub(r"\b1 fp\b", "1 FP", spoken)


def figure_title(name: str) -> str:
    """The name of a figure where there is room to say what it means."""
    return figure_words(name).replace("1 FP loose", "1 FP, at overlap 0.3").replace("1 FP", "1 false box a film")


def family_of(architecture: str) -> str:
    """The family of an architecture: a key of FAMILIES, or the architecture itself where it is of none."""
    return next((family for family in FAMILIES if family in architecture), architecture)


def family_title(family: str) -> str:
    """The family as its authors write it."""
    return FAMILIES.get(family, words(family))
