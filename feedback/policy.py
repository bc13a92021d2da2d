"""How a site reads, read: its row, or what the settings say where it has none."""

from dataclasses import dataclass
from uuid import UUID

from accounts.keyholder import blind_index
from feedback.models import ReadingPolicy
from imaging.models import Study

SAMPLE_FIELD = "second_read_sample"
_SAMPLE_DIGITS = 13  # 52 bits: what a float holds exactly


@dataclass(frozen=True, slots=True)
class PolicyValues:
    """A site's choices; limits are None where the settings' defaults hold."""

    blind_first: bool = False
    second_read_share: float = 0.0
    wait_limit_seconds: int | None = None
    guard_every: int | None = None


def policy_of_site(site_id: UUID) -> PolicyValues:
    """What holds at a site; the defaults where nobody chose."""
    row = ReadingPolicy.objects.filter(site_id=site_id).first()
    return PolicyValues() if row is None else values_of(row)


def values_of(row: ReadingPolicy) -> PolicyValues:
    return PolicyValues(row.blind_first, row.second_read_share, row.wait_limit_seconds, row.guard_every)


def blind_site_ids(site_ids: set[UUID] | None = None) -> frozenset[UUID]:
    """Which of these sites (of all, without any) read blind first."""
    rows = ReadingPolicy.objects.filter(blind_first=True)
    rows = rows if site_ids is None else rows.filter(site_id__in=site_ids)
    return frozenset(rows.values_list("site_id", flat=True))


def sampled_for_second_read(study: Study, share: float) -> bool:
    """Whether a study is in the site's sample: a keyed hash of its id, so nobody can tell beforehand, and it stays so.

    Raising the share keeps every study that was in the smaller sample.
    """
    digest = blind_index(study.organisation_id, SAMPLE_FIELD, str(study.id)) or ""
    return int(digest[:_SAMPLE_DIGITS], 16) < share * 16**_SAMPLE_DIGITS
