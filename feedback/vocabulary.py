"""What a reader may call what they see: plain words per case type, beside the labels of the models that looked.

Grades are those of published scales, by label; a label without one here has no grade.
"""

from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Grade:
    """A step of a scale: the code that is stored and the words beside it."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a reader disagrees: the code that is stored, its words, and the verdicts that it can be a reason for."""

    code: str
    words: str
    verdicts: tuple[str, ...]


_CARIES = (
    Grade("E1", "outer half of enamel"),
    Grade("E2", "inner half of enamel"),
    Grade("D1", "outer third of dentine"),
    Grade("D2", "middle third of dentine"),
    Grade("D3", "inner third of dentine"),
)
"""Source: Young DA et al., The American Dental Association Caries Classification System, JADA 2015;146(2):79-86."""
_BONE_LOSS = (
    Grade("mild", "coronal third, under 15 %"),
    Grade("moderate", "coronal third, 15 to 33 %"),
    Grade("severe", "to the middle third or beyond"),
)
"""Stages I, II and III/IV by radiographic bone loss. Source: Tonetti MS et al., J Periodontol 2018;89(S1):S159-S172."""
_PERIAPICAL = (
    Grade("PAI1", "normal periapical structures"),
    Grade("PAI2", "small changes in bone structure"),
    Grade("PAI3", "changes with some mineral loss"),
    Grade("PAI4", "well-defined radiolucent area"),
    Grade("PAI5", "with exacerbating features"),
)
"""Source: Orstavik D, Kerekes K, Eriksen HM, The periapical index, Endod Dent Traumatol 1986;2(1):20-34."""
_PNEUMOTHORAX = (Grade("small", "rim under 2 cm at the hilum"), Grade("large", "rim of 2 cm or more at the hilum"))
"""Source: MacDuff A et al., BTS pleural disease guideline 2010, Thorax 2010;65(Suppl 2):ii18-ii31."""
_DEGENERATIVE = (
    Grade("KL1", "doubtful narrowing of joint space"),
    Grade("KL2", "definite osteophytes"),
    Grade("KL3", "definite narrowing, some sclerosis"),
    Grade("KL4", "marked narrowing, severe sclerosis"),
)
"""Source: Kellgren JH, Lawrence JS, Ann Rheum Dis 1957;16(4):494-502."""

GRADES: dict[str, tuple[Grade, ...]] = {
    "caries": _CARIES,
    "secondary caries": _CARIES,
    "bone loss": _BONE_LOSS,
    "periapical lesion": _PERIAPICAL,
    "pneumothorax": _PNEUMOTHORAX,
    "degenerative change": _DEGENERATIVE,
}
_REJECTED, _CORRECTED, _ADDED = "rejected", "corrected", "added"
REASONS = (
    Reason("artefact", "artefact", (_REJECTED,)),
    Reason("restoration_edge", "edge of a restoration", (_REJECTED,)),
    Reason("overlap", "overlapping structures", (_REJECTED, _CORRECTED)),
    Reason("normal_anatomy", "normal anatomy or variant", (_REJECTED,)),
    Reason("device", "tube, implant or other device", (_REJECTED,)),
    Reason("duplicate", "same as another finding", (_REJECTED,)),
    Reason("image_quality", "image quality does not allow it", (_REJECTED, _CORRECTED)),
    Reason("other_disease", "something else is there", (_REJECTED, _CORRECTED)),
    Reason("wrong_label", "wrong label", (_CORRECTED,)),
    Reason("wrong_place", "box in the wrong place", (_CORRECTED,)),
    Reason("wrong_extent", "box too large or too small", (_CORRECTED,)),
    Reason("wrong_side", "wrong side", (_CORRECTED,)),
    Reason("wrong_tooth", "wrong tooth", (_CORRECTED,)),
    Reason("wrong_grade", "wrong grade", (_CORRECTED,)),
    Reason("more_detail", "right, said more exactly", (_CORRECTED,)),
    Reason("missed", "missed by the model", (_ADDED,)),
    Reason("seen_with_prior", "seen against an earlier image", (_CORRECTED, _ADDED)),
    Reason("other", "another reason, see the comment", (_REJECTED, _CORRECTED, _ADDED)),
)


def labels_for(case_type: str, model_labels: Iterable[str]) -> tuple[str, ...]:
    """The labels a reader may choose from, without doubles, those of the models first; "other finding" is always last.

    "Pleural_Thickening" of a model and "pleural thickening" of the vocabulary are one label; the model's spelling
    stays.
    """
    chosen: dict[str, str] = {}
    for label in (*model_labels, *VOCABULARY.get(case_type, ()), OTHER):
        chosen.setdefault(plain(label), label)
    return tuple(chosen.values())


def plain(label: str) -> str:
    """A label without the spelling of whoever wrote it."""
    return label.casefold().replace("_", " ")


def grades_for(label: str) -> tuple[Grade, ...]:
    """The scale of a label, however it is spelled; empty when it has none."""
    return GRADES.get(plain(label), ())


def reasons_for(verdict: str) -> tuple[Reason, ...]:
    """What a verdict may be explained with; empty for one that needs no reason."""
    return tuple(reason for reason in REASONS if verdict in reason.verdicts)


def has_teeth(case_type: str) -> bool:
    """Whether findings of a case type may be given a tooth number."""
    return case_type.startswith("dental_")
