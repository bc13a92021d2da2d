"""What follows from a reader's act, in its transaction: clocks, the measured decision, second reads."""

from accounts.audit.actions import Action
from feedback.models import BlindRead, FindingReview, Read
from feedback.services import clocks
from feedback.services.reading_time import decision_note
from feedback.services.second_reads import second_reads_reopened, second_reads_signed


def review_followed(review: FindingReview) -> None:
    clocks.decided(review.read.study)


def read_followed(action: Action, read: Read) -> None:
    if action == Action.READ_SIGNED:
        clocks.signed(read)
        decision_note(reader=read.reader, study=read.study, blind=False)
        second_reads_signed(read)
    elif action == Action.READ_REOPENED:
        clocks.reopened(read)
        second_reads_reopened(read)


def blind_read_followed(blind: BlindRead) -> None:
    clocks.decided(blind.study)
    decision_note(reader=blind.reader, study=blind.study, blind=True)
