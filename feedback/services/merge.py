"""Taking over what another reader says: new reviews in the reader's own read. Nothing of theirs changes.

One act, one batch: one undo takes all of it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from django.db import transaction

from accounts.errors import NotFound
from accounts.models import User
from feedback.diff import diff_between, diff_of_addition, diff_of_rejection
from feedback.errors import ChoiceInvalid, ReadChanged
from feedback.merge import BOTH, MINE, MergeItem, merge_items, said_in
from feedback.models import FindingReview, Read, ReadState, Verdict
from feedback.selectors import standing_reviews
from feedback.services.checks import NewReview, Place, said_by_model
from feedback.services.draft import Terms, draft_of
from feedback.services.reads import current_finding, place_of, review_write
from feedback.services.record import pushed_last
from feedback.shown import read_tag, reads_shown_to
from imaging.access import study_access
from imaging.models import Study

PERMISSION = "review_study"


@dataclass(frozen=True, slots=True)
class Sides:
    """The reader's own read and the one it is held against; None where there is none that they may see."""

    mine: Read | None
    theirs: Read | None
    others: tuple[Read, ...]

    def items(self) -> list[MergeItem]:
        return merge_items(*(standing_reviews(read) if read else [] for read in (self.mine, self.theirs)))


def merge_sides(*, reader: User, study: Study, read_id: UUID | None = None) -> Sides:
    """Both sides; without a read named, the first that is signed, else the first begun.

    Raises:
        NotFound: the read named is not one that the reader sees.
    """
    shown = list(reads_shown_to(reader, study))
    others = tuple(read for read in shown if read.reader_id != reader.id)
    signed_first = sorted(others, key=lambda read: read.state != ReadState.SIGNED)
    theirs = next((read for read in signed_first if read_id in (None, read.id)), None)
    if read_id and theirs is None:
        raise NotFound
    mine = Read.objects.filter(study=study, reader=reader).select_related("reader").first()
    return Sides(mine, theirs, others)


@transaction.atomic
def merge_take(
    *,
    reader: User,
    study_id: UUID,
    read_id: UUID,
    choices: Mapping[str, str],
    expected_read: str | None = None,
) -> Read:
    """Write into the reader's own read what was chosen, item by item ("mine", "theirs", "both"). Audited, pushed once.

    Raises:
        ReadChanged: an item is not there any more. ChoiceInvalid, ReadSigned, FindingOutdated; NotFound: no such read.
    """
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    sides = merge_sides(reader=reader, study=study, read_id=read_id)
    items = {item.key: item for item in sides.items()}
    if not set(choices) <= set(items):
        raise ReadChanged(details={"read_tag": read_tag(study, reader), "others_changed": True, "reads": []})
    read = draft_of(study=study, reader=reader, terms=Terms(True, expected_read))
    batch, written = uuid4(), []
    for key, take in choices.items():
        if take not in items[key].takes:
            raise ChoiceInvalid
        written += _taken(read, items[key], take, batch)
    if written:
        pushed_last(written[-1])
    return read


def _taken(read: Read, item: MergeItem, take: str, batch: UUID) -> list[FindingReview]:
    """What one choice writes: nothing, when what is mine stays or both say the same."""
    if take == MINE or item.kind == "same":
        return []
    if item.theirs is None:
        return [_removed(read, item.mine, batch)] if item.mine and take != BOTH else []
    if take == BOTH and item.mine:
        return [_added(read, item.theirs, batch)]
    written = [_removed(read, item.mine, batch)] if item.mine and not _same_thing(item.mine, item.theirs) else []
    return [*written, _instead(read, item.mine, item.theirs, batch)]


def _same_thing(mine: FindingReview, theirs: FindingReview) -> bool:
    """A new word on the same finding, or on the reader's own addition, replaces the old one by itself."""
    if theirs.finding_id:
        return mine.standing_finding_id == theirs.standing_finding_id
    return mine.finding_id is None


def _instead(read: Read, mine: FindingReview | None, theirs: FindingReview, batch: UUID) -> FindingReview:
    if theirs.finding_id is None:
        return _added(read, theirs, batch, revises=mine if mine and mine.finding_id is None else None)
    finding = current_finding(read.study, theirs.standing_finding_id)
    shown, said = said_by_model(finding), said_in(theirs)
    review = NewReview(theirs.verdict, said, comment=theirs.comment, reason_code=theirs.reason_code, taken_from=theirs)
    if theirs.verdict == Verdict.REJECTED:
        review = replace(review, diff=diff_of_rejection())
    elif theirs.verdict == Verdict.CORRECTED:
        review = replace(review, diff=diff_between(shown, said))
    else:
        review = replace(review, said=shown)
    return review_write(read, place_of(finding), review, finding=finding, batch=batch)


def _added(read: Read, theirs: FindingReview, batch: UUID, *, revises: FindingReview | None = None) -> FindingReview:
    """Their word as an addition of mine, or instead of one."""
    said = said_in(theirs)
    reason = theirs.reason_code if theirs.verdict == Verdict.ADDED else ""
    root = (revises.revises or revises) if revises else None
    review = NewReview(
        Verdict.ADDED, said, diff_of_addition(said), reason, theirs.comment, revises=root, taken_from=theirs
    )
    return review_write(read, Place(theirs.instance_id, theirs.frame_index), review, batch=batch)


def _removed(read: Read, mine: FindingReview, batch: UUID) -> FindingReview:
    place = Place(mine.instance_id, mine.frame_index)
    return review_write(read, place, NewReview.removal(mine), finding=mine.finding, batch=batch)
