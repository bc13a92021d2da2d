"""What a reader may call what they see: plain words per case type, beside the labels of the models that looked."""

from collections.abc import Iterable

_DENTAL = (
    "caries",
    "secondary caries",
    "periapical lesion",
    "bone loss",
    "calculus",
    "impacted tooth",
    "root fragment",
    "restoration defect",
)
_CROSS_SECTION = ("haemorrhage", "mass", "infarct", "fluid collection", "fracture")

VOCABULARY: dict[str, tuple[str, ...]] = {
    "dental_bitewing": _DENTAL,
    "dental_periapical": _DENTAL,
    "dental_panoramic": _DENTAL,
    "chest": (
        "atelectasis",
        "cardiomegaly",
        "consolidation",
        "edema",
        "effusion",
        "emphysema",
        "fibrosis",
        "fracture",
        "hernia",
        "infiltration",
        "mass",
        "nodule",
        "pleural thickening",
        "pneumonia",
        "pneumothorax",
    ),
    "bone": ("fracture", "dislocation", "bone lesion", "effusion", "foreign body", "degenerative change"),
    "ct": _CROSS_SECTION,
    "mr": _CROSS_SECTION,
}
OTHER = "other finding"


def labels_for(case_type: str, model_labels: Iterable[str]) -> tuple[str, ...]:
    """The labels a reader may choose from, without doubles, those of the models first; "other finding" is always last.

    "Pleural_Thickening" of a model and "pleural thickening" of the vocabulary are one label; the model's spelling
    stays.
    """
    chosen: dict[str, str] = {}
    for label in (*model_labels, *VOCABULARY.get(case_type, ()), OTHER):
        chosen.setdefault(label.casefold().replace("_", " "), label)
    return tuple(chosen.values())
