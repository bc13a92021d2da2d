"""A guess at the case type from the header: what the modality and the words of the header say, and why.

A guess is only a suggestion: the person who sends the file may choose another.
"""

import re
from dataclasses import dataclass

from imaging.dicom.values import StudyHeader

_DIRECT = {"PX": "dental_panoramic", "CT": "ct", "MR": "mr"}
_RADIOGRAPH = ("CR", "DX", "DR", "RF", "OT", "SC", "RG", "XC")
_BITEWING = re.compile(r"bite ?-?wings?|\bbwx?\b")
_PANORAMIC = re.compile(r"panoram|orthopan|\bopg\b|\bopt\b")
_DENTAL = re.compile(r"peri-?apical|intra-?oral|\bteeth\b|\btooth\b|dental")
_CHEST = re.compile(r"chest|thorax|thorac(?!ic ?spine|olumbar)|\blungs?\b|\bcxr\b|torax")
_SPINE = re.compile(r"\b[ctl][- ]?spine|spine\b|vertebra")
_BONE = re.compile(
    r"\b(hands?|wrists?|fingers?|thumbs?|foref?arms?|elbows?|humerus|shoulders?|clavicles?|scapula|arms?|"
    r"foot|feet|toes?|ankles?|calcaneus|heel|legs?|tibia|fibula|knees?|patella|femur|thigh|hips?|pelvis|"
    r"extremit(?:y|ies)|radius|ulna|carp(?:us|al)|metacarpals?|metatarsals?|up+er ?limb|lower ?limb|bones?|"
    r"skeleton|sacrum|coccyx|sternum|ribs?|skull|spine|mandible)\b|[ctl] ?spine\b"
)


@dataclass(frozen=True, slots=True)
class CaseTypeGuess:
    """case_type is None when the header does not say."""

    case_type: str | None
    reason: str


def guess_case_type(study: StudyHeader, other_words: str = "") -> CaseTypeGuess:
    """Modality first, then BodyPartExamined, then the free-text descriptions.

    Args:
        other_words: further header text, e.g. the protocol name and the meanings of coded regions and views.
    """
    modality = study.modality.upper()
    if modality in _DIRECT:
        return CaseTypeGuess(_DIRECT[modality], f"Modality is {modality}.")
    described = _plain(study.view_position, study.study_description, study.series_description, other_words)
    if modality == "IO":
        bitewing = bool(_BITEWING.search(_plain(study.body_part_examined) + " " + described))
        says = "the header says bitewing" if bitewing else "the header does not say bitewing"
        return CaseTypeGuess("dental_bitewing" if bitewing else "dental_periapical", f"Modality is IO and {says}.")
    if modality not in _RADIOGRAPH:
        return CaseTypeGuess(None, "The modality is none that a case type is guessed from.")
    return _from_words(modality, _plain(study.body_part_examined), described)


def _from_words(modality: str, body_part: str, described: str) -> CaseTypeGuess:
    sources = (("BodyPartExamined", body_part), ("the description", described))
    for name, words in sources:
        if case_type := _region(words):
            return CaseTypeGuess(case_type, f"Modality is {modality} and {name} says {case_type.replace('_', ' ')}.")
    return CaseTypeGuess(None, f"Modality is {modality} and the header does not name a body part that is known.")


def _region(words: str) -> str | None:
    if _BITEWING.search(words):
        return "dental_bitewing"
    if _PANORAMIC.search(words):
        return "dental_panoramic"
    if _CHEST.search(words) and not _SPINE.search(words):
        return "chest"
    if _BONE.search(words) or _SPINE.search(words):
        return "bone"
    return "dental_periapical" if _DENTAL.search(words) else None


def _plain(*texts: str) -> str:
    """Lower case, with everything but letters, digits and hyphens turned into single spaces."""
    return " ".join(re.sub(r"[^a-z0-9\-]+", " ", text.lower()).strip() for text in texts)
