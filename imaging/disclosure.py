"""Whether what the machine says of a study may be shown to somebody now.

The rule belongs to whoever knows how readers read (feedback), which cannot be imported here: it installs itself when it
is ready. Until one is installed, nothing the machine says is shown to anybody: fail closed.

What the machine says: triage class, reason and scores, findings, their probabilities, boxes, heatmaps and arrays, and
whatever is sorted, filtered or counted by them. That a study was analysed, or why it was not, is not withheld.
"""

from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from imaging.errors import Withheld
from imaging.models import Study

BLIND_FIRST = "blind_first"


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


def disclosure_context(user: User, studies: Iterable[Study]) -> dict[str, Any]:
    """For the serializers of studies, which withhold everything of the machine's without it."""
    return {"hidden": hidden_study_ids(user, studies)}
