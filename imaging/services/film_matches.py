"""Films of other claims that look like a film of this one: found by index, measured, written down with their distance.

A match is a reason to look at two films side by side. It never says that they are the same.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.errors import DomainError
from accounts.models import Organisation, Site
from imaging.dicom.thumbnail import Small, thumbnail_read
from imaging.events import claim_event_append
from imaging.models import FilmFingerprint, FilmMatch, Instance, InsuranceClaim, MatchKind, Study
from imaging.pipeline.film_hash import film_forms, mirror, nearest_distance
from imaging.pipeline.film_key import FilmKey, unpacked
from imaging.services.film_index import near_fingerprints
from imaging.services.fingerprints import film_key

ALIKE_BITS = 38
ALIKE_BITS_OF = {"bone": 18, "chest": 36}
"""At most so many differing bits are worth a look: the most at which less than one different film in a million is
expected, measured on real films of that kind (tests/benchmarks/film_distances.py, docs/claims.md). Dental films lie
farthest apart, and a film of unknown kind is taken for one."""

logger = logging.getLogger(__name__)

MOST_MEASURED = 24
_CLAIM = "series__study__insurance_claim"


@dataclass(frozen=True, slots=True)
class Found:
    """A film of another claim that looks like this one."""

    other: Instance
    kind: str
    distance: int


def film_matches_search(study: Study) -> list[FilmMatch]:
    """Look for every film of a study among the organisation's other claims; call it when the study is committed.

    Writes FilmMatch rows and under which claim each film was looked for; audits FILMS_MATCHED; tells the claims' pages.
    Nothing when the study is under no claim. Of two films that arrive at once, the one whose look comes second finds
    the other, as each looks after its own commit.
    """
    claim = study.insurance_claim
    if claim is None:
        return []
    rows = FilmFingerprint.objects.filter(instance__series__study=study).exclude(searched_claim=claim)
    found = [(row, list(_found(row, claim))) for row in rows.select_related("instance__series__study")]
    return _written(study, claim, found) if found else []


def film_matches_look(study: Study) -> None:
    """The same for a study that was just received or moved: that is done, whatever goes wrong here, and whoever did it
    is not told otherwise. What was not looked for stays marked so: the worker looks for it, and `manage.py films fill`.
    """
    try:
        film_matches_search(study)
    except (DomainError, DatabaseError) as error:
        logger.error("films of study %s were not looked for: %s", study.id, type(error).__name__)


@transaction.atomic
def resubmission_record(instance: Instance, claim: InsuranceClaim) -> FilmMatch | None:
    """The same bytes were sent under a second claim: one instance, two claims. Audited; pushed."""
    other_claim = instance.series.study.insurance_claim
    if other_claim is None or other_claim.id == claim.id:
        return None
    match = _match(claim, instance, Found(instance, str(MatchKind.SAME_FILE), 0))
    if match is not None:
        _recorded([match])
    return match


def studies_to_search() -> QuerySet[Study]:
    """Studies with a film that was not looked for under its claim: older than the search, or its process died."""
    rows = FilmFingerprint.objects.filter(**{f"instance__{_CLAIM}__isnull": False})
    stale = rows.filter(Q(searched_claim=None) | ~Q(searched_claim=F(f"instance__{_CLAIM}")))
    return Study.objects.filter(pk__in=stale.values("instance__series__study")).select_related("insurance_claim")


def _found(row: FilmFingerprint, claim: InsuranceClaim) -> Iterator[Found]:
    """Every other film once, its strongest likeness first."""
    seen = {row.instance_id}
    for found in (*_same_bytes(row, claim), *_same_pixels(row, claim), *_alike(row, claim)):
        if found.other.id not in seen:
            seen.add(found.other.id)
            yield found


def _same_bytes(row: FilmFingerprint, claim: InsuranceClaim) -> Iterable[Found]:
    """Another site of the organisation holds the same file; at one site the same bytes are one instance."""
    sites = Site.objects.filter(organisation_id=claim.organisation_id).values_list("id", flat=True)
    same = Instance.objects.filter(site_id__in=list(sites), sha256=row.instance.sha256, **{f"{_CLAIM}__isnull": False})
    same = same.exclude(**{_CLAIM: claim}).select_related(_CLAIM)
    return [Found(instance, str(MatchKind.SAME_FILE), 0) for instance in same]


def _same_pixels(row: FilmFingerprint, claim: InsuranceClaim) -> Iterable[Found]:
    same = FilmFingerprint.objects.filter(organisation_id=claim.organisation_id, pixel_index=row.pixel_index)
    return [Found(other.instance, str(MatchKind.SAME_PIXELS), 0) for other in _of_others(same, claim)]


def _alike(row: FilmFingerprint, claim: InsuranceClaim) -> Iterable[Found]:
    small = thumbnail_read(row.thumbnail)
    if small is None:
        return []
    key = film_key(claim.organisation_id)
    views = ((small, MatchKind.ALIKE), (mirror(small), MatchKind.MIRRORED))
    most = ALIKE_BITS_OF.get(row.instance.case_type, ALIKE_BITS)
    found = [found for view, kind in views for found in _alike_view(view, str(kind), key, claim)]
    return sorted((one for one in found if one.distance <= most), key=lambda one: one.distance)


def _alike_view(small: Small, kind: str, key: FilmKey, claim: InsuranceClaim) -> Iterator[Found]:
    forms = film_forms(small)
    near = near_fingerprints(key, forms)
    rows = _of_others(FilmFingerprint.objects.filter(pk__in=near, organisation_id=claim.organisation_id), claim)
    for other in sorted(rows, key=lambda row: near[row.pk])[:MOST_MEASURED]:
        yield Found(
            other.instance, kind, nearest_distance(small, forms, key.opened(unpacked(bytes(other.bits or b""))))
        )


def _of_others(rows: QuerySet[FilmFingerprint], claim: InsuranceClaim) -> QuerySet[FilmFingerprint]:
    rows = rows.filter(**{f"instance__{_CLAIM}__isnull": False}).exclude(**{f"instance__{_CLAIM}": claim})
    return rows.select_related(f"instance__{_CLAIM}")


@transaction.atomic
def _written(
    study: Study, claim: InsuranceClaim, found: Sequence[tuple[FilmFingerprint, list[Found]]]
) -> list[FilmMatch]:
    """One look of an organisation writes at a time: two that found the same pair, from either side, write it once.

    Nothing when the study has left the claim since it was looked for: it is looked for anew where it stands now.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=claim.organisation_id)
    if not Study.objects.filter(pk=study.pk, insurance_claim=claim).exists():
        return []
    made = [_match(claim, row.instance, one) for row, several in found for one in several]
    FilmFingerprint.objects.filter(pk__in=[row.pk for row, _ in found]).update(searched_claim=claim)
    matches = [match for match in made if match is not None]
    if matches:
        _recorded(matches)
    return matches


def _match(claim: InsuranceClaim, instance: Instance, found: Found) -> FilmMatch | None:
    """The row of a pair, or None when the pair is known, from either side."""
    other_claim = found.other.series.study.insurance_claim
    known = Q(claim=claim, other_claim=other_claim, instance=instance, other_instance=found.other)
    known |= Q(claim=other_claim, other_claim=claim, instance=found.other, other_instance=instance)
    if FilmMatch.objects.filter(known).exists():
        return None
    return FilmMatch.objects.create(
        claim=claim,
        other_claim=other_claim,
        instance=instance,
        other_instance=found.other,
        kind=found.kind,
        distance=found.distance,
    )


def _recorded(matches: Sequence[FilmMatch]) -> None:
    for match in matches:
        record_effect(
            Action.FILMS_MATCHED,
            organisation_id=match.claim.organisation_id,
            site_id=match.claim.site_id,
            object_type="film_match",
            object_id=match.id,
            study_id=match.instance.series.study_id,
            detail={
                "claims": [str(match.claim_id), str(match.other_claim_id)],
                "instances": [str(match.instance_id), str(match.other_instance_id)],
                "kind": str(match.kind),
                "distance": match.distance,
            },
        )
    for claim in {claim.id: claim for match in matches for claim in (match.claim, match.other_claim)}.values():
        claim_event_append(claim)
