"""How one study is read, for the eyes of one user: what is withheld, what they committed, second reads, clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from feedback.blind_comparison import BlindComparison, blind_comparison
from feedback.discordance import discordances
from feedback.discordance_rules import Discordance
from feedback.models import BlindRead, Read, ReadingTime, ReadState, SecondReadRequest, StudyClocks
from feedback.policy import policy_of_site
from feedback.services.disclosure import others_hidden
from imaging.disclosure import BLIND_FIRST, machine_output_hidden
from imaging.models import Study


@dataclass(frozen=True, slots=True)
class SecondReadState:
    """comment: empty as long as others' words are hidden from whoever looks."""

    open: bool
    reason: str
    by: str
    comment: str
    asked_at: datetime
    fulfilled_by: str
    fulfilled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadingState:
    """committed: the reader's own blind read; comparison: of it with their signed read."""

    blind_first: bool
    withheld: str
    others_hidden: bool
    committed: BlindRead | None
    comparison: BlindComparison | None
    second_read: SecondReadState | None
    discordances: Sequence[Discordance]
    clocks: dict[str, datetime | None]
    reading_seconds: float


CLOCKS = ("received_at", "analysed_at", "first_opened_at", "first_decision_at", "signed_at", "exported_at")


def reading_state(user: User, study: Study) -> ReadingState:
    """Nothing in it is of another reader, or of the machine, as long as that is hidden from the user."""
    withheld, hidden = machine_output_hidden(user, study), others_hidden(user, study)
    committed = BlindRead.objects.filter(study=study, reader=user).first()
    return ReadingState(
        blind_first=policy_of_site(study.site_id).blind_first,
        withheld=BLIND_FIRST if withheld else "",
        others_hidden=hidden,
        committed=committed,
        comparison=_comparison(committed, user, study),
        second_read=_second_read(study, hidden=hidden),
        discordances=[] if withheld or hidden else discordances(study),
        clocks=_clocks(study),
        reading_seconds=_reading_seconds(user, study),
    )


def _comparison(committed: BlindRead | None, user: User, study: Study) -> BlindComparison | None:
    if committed is None:
        return None
    read = Read.objects.filter(study=study, reader=user, state=ReadState.SIGNED).first()
    return None if read is None else blind_comparison(committed, read)


def _second_read(study: Study, *, hidden: bool) -> SecondReadState | None:
    """The open one, else the latest."""
    requests = SecondReadRequest.objects.filter(study=study).select_related("study", "requested_by", "fulfilled_by")
    found = requests.filter(fulfilled_at__isnull=True).first() or requests.order_by("created_at").last()
    if found is None:
        return None
    return SecondReadState(
        open=found.fulfilled_at is None,
        reason=found.reason,
        by=_name(found.requested_by),
        comment="" if hidden else found.comment,
        asked_at=found.created_at,
        fulfilled_by=_name(found.fulfilled_by) if found.fulfilled_by else "",
        fulfilled_at=found.fulfilled_at,
    )


def _clocks(study: Study) -> dict[str, Any]:
    row = StudyClocks.objects.filter(study=study).values(*CLOCKS).first()
    return row or {name: study.created_at if name == "received_at" else None for name in CLOCKS}


def _reading_seconds(user: User, study: Study) -> float:
    row = ReadingTime.objects.filter(study=study, reader=user).first()
    return 0.0 if row is None else round(row.seconds_with_ai + row.seconds_without_ai, 1)


def _name(user: User) -> str:
    return user.display_name or user.username
