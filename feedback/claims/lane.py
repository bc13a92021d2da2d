"""The claims lane: a page of claims by keyset, each with what an examiner sorts by. Reads the database only."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.access import sites_with
from accounts.models import User
from feedback.models import FilmVerdict
from feedback.reports.gather import name_of
from imaging.models import AnalysisState, ClaimState, FilmMatch, Instance, InsuranceClaim, Study
from imaging.services.insurance_claims import claim_find

STATES = (*ClaimState.values, "all")
PAGE = 50
MOST_COUNTED = 999


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """flagged: only those with a film that looks like one of another claim, and on which nobody has given a word."""

    state: str = "open"
    flagged: bool = False
    site_id: UUID | None = None
    number: str = field(default="", repr=False)
    claim_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended."""

    created_at: datetime
    claim_id: UUID


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One line of the lane. flags: likenesses that nobody has looked at; same: those that were called the same film."""

    id: UUID
    number: str = field(repr=False)
    number_shown: bool
    site: str
    state: str
    decision: str
    decided_by: str
    created_at: datetime
    waiting_seconds: int
    images: int
    studies: int
    analysed: int
    read: int
    flags: int
    same: int
    version: int


@dataclass(frozen=True, slots=True)
class ClaimPage:
    rows: tuple[ClaimRow, ...]
    end: Position | None
    counts: dict[str, int]


def claims_page(user: User, wanted: ClaimFilter, *, after: Position | None = None) -> ClaimPage:
    """A page of the claims that the user may see: what waits longest first, what is decided latest last. 11 queries."""
    sites = list(sites_with(user, "view_claims").values_list("id", flat=True))
    numbered = set(sites_with(user, "decide_claims").values_list("id", flat=True))
    claims = _filtered(user, wanted, sites).select_related("site", "decided_by").order_by("created_at", "id")
    if after is not None:
        later = Q(created_at__gt=after.created_at) | Q(created_at=after.created_at, id__gt=after.claim_id)
        claims = claims.filter(later, created_at__gte=after.created_at)
    found = list(claims[: PAGE + 1])
    shown = found[:PAGE]
    end = Position(shown[-1].created_at, shown[-1].id) if len(found) > PAGE else None
    return ClaimPage(_rows(shown, numbered), end, _counts(sites, wanted))


def unanswered(claim: str) -> QuerySet[FilmMatch]:
    """Matches of the outer claim, from either side, on which nobody has given a word."""
    of_claim = FilmMatch.objects.filter(Q(claim=OuterRef(claim)) | Q(other_claim=OuterRef(claim)))
    return of_claim.filter(~Exists(FilmVerdict.objects.filter(match=OuterRef("pk"))))


def _filtered(user: User, wanted: ClaimFilter, sites: list[UUID]) -> QuerySet[InsuranceClaim]:
    if wanted.site_id is not None:
        sites = [site for site in sites if site == wanted.site_id]
    claims = InsuranceClaim.objects.filter(site_id__in=sites)
    if wanted.claim_ids:
        return claims.filter(id__in=wanted.claim_ids)
    if wanted.number:
        return claims.filter(id__in=[claim.id for claim in claim_find(sites, user.organisation_id, wanted.number)])
    if wanted.state != "all":
        claims = claims.filter(state=wanted.state)
    return claims.filter(Exists(unanswered("pk"))) if wanted.flagged else claims


def _counts(sites: list[UUID], wanted: ClaimFilter) -> dict[str, int]:
    """How many there are of each state, and flagged among the open ones; MOST_COUNTED + 1 stands for more."""
    if wanted.site_id is not None:
        sites = [site for site in sites if site == wanted.site_id]
    claims = InsuranceClaim.objects.filter(site_id__in=sites)
    counts = {str(state): claims.filter(state=state)[: MOST_COUNTED + 1].count() for state in ClaimState.values}
    flagged = claims.filter(Exists(unanswered("pk")), state=ClaimState.OPEN)
    return {**counts, "flagged": flagged[: MOST_COUNTED + 1].count()}


def _rows(claims: list[InsuranceClaim], numbered: set[UUID]) -> tuple[ClaimRow, ...]:
    ids, now = [claim.id for claim in claims], timezone.now()
    studies = _studies(ids)
    images = _images(ids)
    flags = _flags(ids)
    return tuple(_row(claim, numbered, studies.get(claim.id, (0, 0, 0)), images, flags, now) for claim in claims)


def _row(
    claim: InsuranceClaim,
    numbered: set[UUID],
    studies: tuple[int, int, int],
    images: dict[UUID, int],
    flags: dict[UUID, tuple[int, int]],
    now: datetime,
) -> ClaimRow:
    shown = claim.site_id in numbered
    open_flags, same = flags.get(claim.id, (0, 0))
    return ClaimRow(
        id=claim.id,
        number=claim.claim_number if shown else claim.masked_number,
        number_shown=shown,
        site=claim.site.name,
        state=str(claim.state),
        decision=str(claim.decision),
        decided_by=name_of(claim.decided_by) if claim.decided_by else "",
        created_at=claim.created_at,
        waiting_seconds=int(((claim.decided_at or now) - claim.created_at).total_seconds()),
        images=images.get(claim.id, 0),
        studies=studies[0],
        analysed=studies[1],
        read=studies[2],
        flags=open_flags,
        same=same,
        version=claim.version,
    )


def _studies(ids: list[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """Studies of each claim: all, those that the models are done with, those with a signed read."""
    waiting = (AnalysisState.WAITING, AnalysisState.ANALYSING)
    rows = Study.objects.filter(insurance_claim__in=ids).values("insurance_claim").order_by()
    rows = rows.annotate(
        every=Count("id", distinct=True),
        pending=Count("id", filter=Q(analysis_state__in=waiting), distinct=True),
        signed=Count("id", filter=Q(reads__signed_at__isnull=False), distinct=True),
    )
    return {row["insurance_claim"]: (row["every"], row["every"] - row["pending"], row["signed"]) for row in rows}


def _images(ids: list[UUID]) -> dict[UUID, int]:
    """Images of each claim's studies, and those that were sent under another claim before."""
    name = "series__study__insurance_claim"
    rows = Instance.objects.filter(**{f"{name}__in": ids}).values(name).order_by().annotate(every=Count("id"))
    found = {row[name]: row["every"] for row in rows}
    again = FilmMatch.objects.filter(claim__in=ids, instance=F("other_instance")).values("claim").order_by()
    for row in again.annotate(every=Count("instance", distinct=True)):
        found[row["claim"]] = found.get(row["claim"], 0) + row["every"]
    return found


def _flags(ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    """Likenesses of each claim: without a word, and called the same film."""
    matches = FilmMatch.objects.filter(Q(claim__in=ids) | Q(other_claim__in=ids))
    pairs = list(matches.values_list("id", "claim_id", "other_claim_id"))
    said = FilmVerdict.objects.filter(match__in=[match for match, _, _ in pairs]).order_by("created_at")
    words = dict(said.values_list("match_id", "word"))
    found: dict[UUID, tuple[int, int]] = {}
    for match, *claims in pairs:
        for claim_id in claims:
            unsaid, same = found.get(claim_id, (0, 0))
            word = words.get(match)
            found[claim_id] = (unsaid + (word is None), same + (word == FilmVerdict.Word.SAME))
    return found
