"""A reader's own read of a study: found or begun, never silently beside another's, never over what was not seen."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from feedback.errors import AlreadyRead, ReadChanged, ReadSigned
from feedback.models import Read, ReadState
from feedback.selectors import read_summary, reads_with_a_word
from feedback.services.disclosure import others_hidden, second_read_wanted
from feedback.shown import read_tag, reads_shown_to
from imaging.models import Study


@dataclass(frozen=True, slots=True)
class Terms:
    """What the reader knew when they acted.

    second_read: go on although another reader has read it. expected_read: the tag of the reads that their page showed
    (feedback.shown.read_tag); None when the caller does not say.
    """

    second_read: bool = False
    expected_read: str | None = None


AS_FOUND = Terms()


def draft_of(*, study: Study, reader: User, terms: Terms = AS_FOUND) -> Read:
    """The reader's draft; a new one when there is none. The study's row is locked by the caller.

    Raises:
        ReadChanged: another tab of the reader's, or another reader, wrote since the page was shown.
        ReadSigned: the reader's own read is signed.
        AlreadyRead: another reader signed, or began to review before this one did, and second_read was not said.
    """
    tag_checked(study=study, reader=reader, expected=terms.expected_read)
    read = Read.objects.filter(study=study, reader=reader).select_related("study", "reader").first()
    if read is not None and read.state == ReadState.SIGNED:
        raise ReadSigned
    others = _reads_before(study, reader, read)
    knows = terms.second_read or (read is not None and read.second_read)
    if others and not knows and not _asked_to_read_beside(reader, study):
        raise AlreadyRead(details={"reads": [read_summary(other) for other in others]})
    if read is None:
        return Read.objects.create(study=study, reader=reader, study_version=study.version, second_read=bool(others))
    if others and not read.second_read:
        read.second_read = True
        read.save(update_fields=["second_read"])
    return read


def tag_checked(*, study: Study, reader: User, expected: str | None) -> None:
    """Raises ReadChanged when the caller says which reads were shown, and those are not the ones there are now."""
    if expected is None:
        return
    now = read_tag(study, reader)
    if expected == now:
        return
    shown = reads_shown_to(reader, study).exclude(reader=reader)
    others_changed = expected.partition(".")[2] != now.partition(".")[2]
    details = {"read_tag": now, "others_changed": others_changed, "reads": [read_summary(read) for read in shown]}
    raise ReadChanged(details=details)


def read_moved(read: Read) -> None:
    """Counts an act in the read, so that a page which does not know of it is told."""
    read.version += 1
    read.save(update_fields=["version"])


def _asked_to_read_beside(reader: User, study: Study) -> bool:
    """A second reader who was asked for is not told who read it, and need not say that they know."""
    return second_read_wanted(reader, study) or others_hidden(reader, study)


def _reads_before(study: Study, reader: User, own: Read | None) -> list[Read]:
    """Other readers' reads that this one would stand beside: signed ones, and drafts that were begun earlier."""
    others = reads_with_a_word(study).exclude(reader=reader)
    if own is not None:
        others = others.filter(Q(state=ReadState.SIGNED) | Q(created_at__lt=own.created_at))
    return list(others)
