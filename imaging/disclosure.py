"""Whether what the machine says of a study may be shown to somebody now.

The rule belongs to whoever knows how readers read (feedback), which cannot be imported here: it installs itself when it
is ready. Until one is installed, nothing the machine says is shown to anybody: fail closed.

What the machine says: triage class, reason and scores, findings, their probabilities, boxes, heatmaps and arrays, and
whatever is sorted, filtered or counted by them. That a study was analysed is not withheld; of why it was not, only what
somebody needs to work: reason_before_commit.
"""

import re
from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from imaging.errors import Withheld
from imaging.models import AnalysisState, Study

BLIND_FIRST = "blind_first"

OPERATIONAL_REASONS = frozenset(
    {
        "blank",
        "cancelled",
        "case_type_unknown",
        "colour",
        "extreme_aspect",
        "few_grey_values",
        "no_model",
        "not_finite",
        "overexposed",
        "too_small",
        "underexposed",
    }
)
"""Codes of analysis reasons that leave as they are: routing, people's acts, and what a rule counts in the pixels
(imaging/pipeline/quality.py). No network has a say in them."""

REASONS_RETOLD = {
    "cropped": "the input checks take the image for a part of a film; send the whole film",
    "not_a_radiograph": "the input checks do not take the image for a radiograph; send the film itself",
    "orientation_unclear": "the image seems turned or inverted; send it upright",
    "unsorted": "no version that looked at this study is calibrated for sorting it",
    "wrong_body_part": "the input checks take the image for another view or body part; "
    "change the case type or send the right film",
}
"""Codes that say what is to be done, of reasons that also say how sure a network is and what it takes the image for (or
that scores are there): the code stays, the sentence is this one."""

MACHINES_REASONS = frozenset({"corrected", "unfamiliar"})
"""A model's word on what is in the image, or on how it read it. Whatever stands in no list is treated like these."""

NOT_READ = "not_read: no model reports on this image; a person must read it"
FAILED = "the analysis failed; a person must read the image"
_PARTLY = re.compile(r"(partly: \d+ of \d+ images were not analysed\.) ?(.*)", re.DOTALL)
_CODE = re.compile(r"[a-z_]{1,64}")


class DisclosureRule(Protocol):
    def hidden(self, user: User, studies: Iterable[Study]) -> frozenset[UUID]:
        """The ids of those studies whose machine output this user may not see now; at most two queries."""

    def shown(self, user: User, studies: QuerySet[Study]) -> QuerySet[Study]:
        """Only those studies whose machine output this user may see now."""


class _NothingIsShown:
    """Stands until a rule is installed."""

    def hidden(self, user: User, studies: Iterable[Study]) -> frozenset[UUID]:
        return frozenset(study.id for study in studies)

    def shown(self, user: User, studies: QuerySet[Study]) -> QuerySet[Study]:
        return studies.none()


NOTHING_IS_SHOWN: DisclosureRule = _NothingIsShown()
_rule: DisclosureRule = NOTHING_IS_SHOWN


def disclosure_rule_install(rule: DisclosureRule) -> DisclosureRule:
    """From now on this rule answers; returns the one that did before."""
    global _rule
    before, _rule = _rule, rule
    return before


def machine_output_hidden(user: User, study: Study) -> bool:
    return bool(_rule.hidden(user, [study]))


def hidden_study_ids(user: User, studies: Iterable[Study]) -> frozenset[UUID]:
    """Of these studies, the ids of those whose machine output is withheld from the user. At most two queries."""
    return _rule.hidden(user, studies)


def studies_shown(user: User, studies: QuerySet[Study]) -> QuerySet[Study]:
    """What may be filtered, sorted or counted by what the machine says."""
    return _rule.shown(user, studies)


def machine_output_checked(user: User, study: Study) -> None:
    """Raises Withheld when the user may not see what the machine says of the study now."""
    if machine_output_hidden(user, study):
        raise Withheld(details={"withheld": BLIND_FIRST})


def reason_before_commit(state: str, reason: str) -> str:
    """What may be said of Study.analysis_reason while the machine's output is withheld.

    Args:
        state: the study's analysis_state; reason: "code: sentence" (imaging/services/standing.py), or "".
    """
    code = reason.partition(":")[0]
    if partly := _PARTLY.match(reason):
        return f"{partly[1]} {reason_before_commit(AnalysisState.NOT_ANALYSED, partly[2])}".strip()
    if state == AnalysisState.NEEDS_HUMAN:
        return f"{code if _CODE.fullmatch(code) else 'failed'}: {FAILED}"
    if code in REASONS_RETOLD:
        return f"{code}: {REASONS_RETOLD[code]}"
    if code in OPERATIONAL_REASONS or not reason:
        return reason
    return NOT_READ if state == AnalysisState.NOT_ANALYSED else ""


def disclosure_context(user: User, studies: Iterable[Study]) -> dict[str, Any]:
    """For the serializers of studies, which withhold everything of the machine's without it."""
    return {"hidden": hidden_study_ids(user, studies)}
