"""Which reads a reader sees of a study, and the tag of what they saw."""

from hashlib import sha256

from django.db.models import QuerySet

from accounts.models import User
from feedback.models import Read, ReadState
from feedback.selectors import reads_with_a_word
from feedback.services.disclosure import others_hidden
from imaging.models import Study


def reads_shown_to(reader: User, study: Study) -> QuerySet[Read]:
    """The reads that speak, for the eyes of one reader: a second reader sees nobody else's before they have signed."""
    reads = reads_with_a_word(study)
    return reads.filter(reader=reader) if others_hidden(reader, study) else reads


def read_tag(study: Study, reader: User) -> str:
    """Changes whenever the reader's own read does, or another that they see is begun, signed or opened again.

    What another reader writes into a draft does not disturb: it is theirs until they sign.
    """
    own = Read.objects.filter(study=study, reader=reader).values_list("version", flat=True).first() or 0
    others = reads_shown_to(reader, study).exclude(reader=reader)
    marks = [f"{read.id}:{read.version if read.state == ReadState.SIGNED else ''}" for read in others]
    return f"{own}.{sha256(' '.join(marks).encode()).hexdigest()[:12]}"
