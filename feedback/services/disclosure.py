"""Who may see what the machine says, and what other readers say, of a study that is still being read.

At a site that reads blind first, the machine's output of a study is shown
* to a reader who committed a blind read of it, or signed a read of it;
* to everybody once the study is settled: signed, no second read open, and not in a draft of their own.
A second reader sees nobody else's read until theirs is signed. Reads only; nothing is written here.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from feedback.errors import CommitFirst
from feedback.models import BlindRead, Read, ReadState, SecondReadRequest
from feedback.policy import blind_site_ids
from imaging.disclosure import hidden_study_ids as machine_output_hidden_ids
from imaging.disclosure import machine_output_hidden
from imaging.models import Study


class ReadingDisclosure:
    """imaging's DisclosureRule, by the site's policy."""

    def hidden(self, user: User, studies: Iterable[Study]) -> frozenset[UUID]:
        return hidden_study_ids(user, studies)

    def shown(self, user: User, studies: QuerySet[Study]) -> QuerySet[Study]:
        blind = blind_site_ids()
        return studies.filter(~Q(site__in=blind) | _seen_by(user)) if blind else studies


def hidden_study_ids(user: User, studies: Iterable[Study]) -> frozenset[UUID]:
    """Of these studies, those whose machine output is withheld from the user: one query."""
    asked = [study.id for study in studies]
    if not asked:
        return frozenset()
    blind = Study.objects.filter(~_seen_by(user), id__in=asked, site__reading_policy__blind_first=True)
    return frozenset(blind.values_list("id", flat=True))


def others_hidden(reader: User, study: Study) -> bool:
    """Whether the reader may not see now what other readers say of the study.

    While a second read is open, nobody who has not signed sees another's read; a second reader who began sees none
    before their own signature, whoever fulfilled the request. What the machine said is in reviews too: where that is
    withheld, so are they.
    """
    return study.id in others_hidden_ids(reader, [study])


def others_hidden_ids(reader: User, studies: Sequence[Study]) -> frozenset[UUID]:
    """Of these studies, those where that is so. Who has signed sees both: the machine's word and the others'."""
    own = Read.objects.filter(study=OuterRef("pk"), reader=reader)
    requests = SecondReadRequest.objects.filter(study=OuterRef("pk"))
    second_read_open = Exists(requests.filter(fulfilled_at__isnull=True))
    second_reader = Exists(own.filter(second_read=True)) & Exists(requests)
    asked = Study.objects.filter(id__in=[study.id for study in studies])
    hidden = asked.filter(~Exists(own.filter(state=ReadState.SIGNED)), second_read_open | second_reader)
    return frozenset(hidden.values_list("id", flat=True)) | machine_output_hidden_ids(reader, studies)


def second_read_wanted(reader: User, study: Study) -> bool:
    """Whether a read by this reader would fulfil a second read that is open: they need not say that they know."""
    return (
        SecondReadRequest.objects.filter(study=study, fulfilled_at__isnull=True).exclude(requested_by=reader).exists()
    )


def committed_checked(reader: User, study: Study) -> None:
    """Raises CommitFirst when the reader would answer to findings that are still withheld from them."""
    if machine_output_hidden(reader, study):
        raise CommitFirst


def _seen_by(user: User) -> Q:
    reads = Read.objects.filter(study=OuterRef("pk"))
    own = reads.filter(reader=user)
    committed = BlindRead.objects.filter(study=OuterRef("pk"), reader=user)
    second_read_open = SecondReadRequest.objects.filter(study=OuterRef("pk"), fulfilled_at__isnull=True)
    signed_own = Exists(own.filter(state=ReadState.SIGNED))
    settled = Exists(reads.filter(state=ReadState.SIGNED)) & ~Exists(second_read_open) & ~Exists(own)
    return Exists(committed) | signed_own | Q(settled)
