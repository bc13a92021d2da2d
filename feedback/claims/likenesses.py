"""Films of this claim that look like films of other claims, from this claim's side, for whoever asks."""

from uuid import UUID

from django.db.models import Q

from accounts.access import sites_with
from accounts.models import User
from feedback.claims.values import Likeness, OtherFilm
from feedback.models import FilmVerdict
from feedback.reports.gather import name_of
from imaging.models import FilmMatch, Instance, InsuranceClaim, MatchKind

WORDS = {
    str(MatchKind.SAME_FILE): "The very same file stands under {claim}: look.",
    str(MatchKind.SAME_PIXELS): "The same pixels, in another file, stand under {claim}: look.",
    str(MatchKind.ALIKE): "Looks like a film of {claim}, distance {distance}: look.",
    str(MatchKind.MIRRORED): "Looks like a film of {claim} mirrored, distance {distance}: look.",
}


def likenesses_of(claim: InsuranceClaim, numbers: dict[UUID, int], *, user: User) -> tuple[Likeness, ...]:
    """The nearest first. Of a film at a site where the user sees no claims, only that it is there."""
    matches = FilmMatch.objects.filter(Q(claim=claim) | Q(other_claim=claim)).select_related(
        "claim__site", "other_claim__site", "instance__series__study", "other_instance__series__study"
    )
    seen = set(sites_with(user, "view_claims").values_list("id", flat=True))
    seen &= set(sites_with(user, "view_study").values_list("id", flat=True))
    numbered = set(sites_with(user, "decide_claims").values_list("id", flat=True))
    words = _latest_words(matches)
    rows = [_likeness(match, claim, numbers, seen, numbered, words.get(match.id)) for match in matches]
    return tuple(sorted(rows, key=lambda row: (row.distance, str(row.id))))


def _latest_words(matches: object) -> dict[UUID, FilmVerdict]:
    """The word that stands on each match: the latest."""
    words = FilmVerdict.objects.filter(match__in=matches).select_related("by", "match__claim").order_by("created_at")
    return {word.match_id: word for word in words}


def _likeness(
    match: FilmMatch,
    claim: InsuranceClaim,
    numbers: dict[UUID, int],
    seen: set[UUID],
    numbered: set[UUID],
    word: FilmVerdict | None,
) -> Likeness:
    ours = match.claim_id == claim.id
    film, other = (match.instance, match.other_instance) if ours else (match.other_instance, match.instance)
    theirs = match.other_claim if ours else match.claim
    visible = theirs.site_id in seen
    number = theirs.claim_number if theirs.site_id in numbered else theirs.masked_number
    named = f"claim {number}" if visible else "a claim that you may not see"
    return Likeness(
        id=match.id,
        kind=str(match.kind),
        words=WORDS[str(match.kind)].format(claim=named, distance=match.distance),
        distance=match.distance,
        film=numbers.get(film.id, 0),
        instance_id=film.id,
        other=_other(theirs, other, number) if visible else None,
        word=str(word.word) if word else "",
        said_by=name_of(word.by) if word and visible else "",
        said_at=word.created_at if word else None,
        comment=word.comment if word and visible else "",
    )


def _other(claim: InsuranceClaim, instance: Instance, number: str) -> OtherFilm:
    return OtherFilm(
        claim_id=claim.id,
        number=number,
        site=claim.site.name,
        instance_id=instance.id,
        study_id=instance.series.study_id,
        received_at=instance.created_at,
        columns=instance.columns,
        rows=instance.rows,
    )
