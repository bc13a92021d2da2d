"""What supports a billed procedure, and what does not: rules of the organisation, findings of readers and models. Pure.

A sentence here says what was found on the submitted films, never what was or was not done to a patient.
"""

import re
from collections.abc import Iterable, Sequence

from feedback.claims.values import Evidence, Group, Observation
from imaging.services.insurance_claims import BilledProcedure

WORDS = {
    "supported": "A reader's finding at this tooth supports it.",
    "model_only": "Only a model's finding supports it; no reader has confirmed it.",
    "elsewhere": "Supporting findings, but at another tooth, or at none that was named.",
    "mixed": "Findings speak for it and against it.",
    "contradicted": "What was found at this tooth speaks against it, or a reader rejected what would support it.",
    "nothing": "Nothing that was found on the submitted films supports it.",
    "no_group": "No group of your table covers this code.",
}
_PARTS = re.compile(r"^([A-Z.]*)(\d+)([A-Z]*)$")


def group_of(code: str, groups: Iterable[Group]) -> Group | None:
    """The first group whose codes or ranges hold the code; letters count without case."""
    return next((group for group in groups if code_matches(code, group.codes)), None)


def code_matches(code: str, codes: str) -> bool:
    """Whether "X115" is in "X100, X110-X199". A range holds codes of the same letters, by their number."""
    wanted = _plain(code)
    return bool(wanted) and any(_in(wanted, part) for part in re.split(r"[,;\s]+", codes) if part)


def evidence_for(procedure: BilledProcedure, groups: Iterable[Group], seen: Sequence[Observation]) -> Evidence:
    """The billed procedure beside what was observed.

    A tooth that is named on both sides must be the same one; a procedure without a tooth takes findings of any.
    """
    group = group_of(procedure.code, groups)
    if group is None:
        return Evidence(procedure, "", "no_group", WORDS["no_group"])
    labels, against = _folded(group.supporting), _folded(group.contradicting)
    supporting = [one for one in seen if _fold(one.label) in labels]
    here = [one for one in supporting if _same_tooth(one, procedure)]
    speaking_for = tuple(one for one in here if one.stands)
    rejected = tuple(one for one in here if not one.stands)
    contrary = tuple(one for one in seen if _fold(one.label) in against and one.stands and _same_tooth(one, procedure))
    elsewhere = tuple(one for one in supporting if one.stands and one not in here)
    standing = _standing(speaking_for, rejected + contrary, elsewhere)
    return Evidence(procedure, group.name, standing, WORDS[standing], speaking_for, rejected + contrary, elsewhere)


def _standing(
    speaking_for: Sequence[Observation], against: Sequence[Observation], elsewhere: Sequence[Observation]
) -> str:
    if speaking_for and against:
        return "mixed"
    if speaking_for:
        return "supported" if any(one.by_reader for one in speaking_for) else "model_only"
    if against:
        return "contradicted"
    return "elsewhere" if elsewhere else "nothing"


def _same_tooth(one: Observation, procedure: BilledProcedure) -> bool:
    return not procedure.tooth or (one.tooth is not None and str(one.tooth) == procedure.tooth)


def _in(wanted: str, part: str) -> bool:
    low, dash, high = part.partition("-")
    if not dash:
        return _plain(low) == wanted
    first, last, code = (_PARTS.match(_plain(text)) for text in (low, high, wanted))
    if not (first and last and code):
        return False
    letters = {match[1] for match in (first, code)} | {last[1] or first[1]}
    return len(letters) == 1 and int(first[2]) <= int(code[2]) <= int(last[2])


def _plain(code: str) -> str:
    return re.sub(r"\s+", "", code).upper()


def _fold(label: str) -> str:
    return label.casefold().replace("_", " ").strip()


def _folded(labels: Iterable[str]) -> frozenset[str]:
    return frozenset(_fold(label) for label in labels)
