"""A reader's own read of a study: found or begun, and never silently beside another's."""

from django.db.models import Q

from accounts.models import User
from feedback.errors import AlreadyRead, ReadSigned
from feedback.models import Read, ReadState
from feedback.selectors import read_summary, reads_with_a_word
from imaging.models import Study


def draft_of(*, study: Study, reader: User, second_read: bool) -> Read:
    """The reader's draft; a new one when there is none. The study's row is locked by the caller.

    Raises:
        ReadSigned: the reader's own read is signed.
        AlreadyRead: another reader signed, or began to review before this one did, and second_read was not said.
    """
    read = Read.objects.filter(study=study, reader=reader).select_related("study", "reader").first()
    if read is not None and read.state == ReadState.SIGNED:
        raise ReadSigned
    knows = second_read or (read is not None and read.second_read)
    others = _reads_before(study, reader, read)
    if others and not knows:
        raise AlreadyRead(details={"reads": [read_summary(other) for other in others]})
    if read is None:
        return Read.objects.create(study=study, reader=reader, study_version=study.version, second_read=bool(others))
    if others and not read.second_read:
        read.second_read = True
        read.save(update_fields=["second_read"])
    return read


def _reads_before(study: Study, reader: User, own: Read | None) -> list[Read]:
    """Other readers' reads that this one would stand beside: signed ones, and drafts that were begun earlier."""
    others = reads_with_a_word(study).exclude(reader=reader)
    if own is not None:
        others = others.filter(Q(state=ReadState.SIGNED) | Q(created_at__lt=own.created_at))
    return list(others)
