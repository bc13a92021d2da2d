"""Films near a film, found through the bands: a number of index lookups that does not grow with the number of films."""

from uuid import UUID

from imaging.models import FilmFingerprint
from imaging.pipeline.film_hash import Spectrum
from imaging.pipeline.film_key import BANDS, FilmKey, form_distances

BAND_NAMES = tuple(f"band_{number}" for number in range(BANDS))

NEAR_BITS = 58
"""So near must one of a film's fixed forms be before turn and crop are looked for more finely; docs/claims.md."""

MOST_OF_A_BAND = 20_000
"""Rows that are looked at in one band; more than that share a run of bits only when most films are one film."""


def near_fingerprints(key: FilmKey, forms: Spectrum) -> dict[UUID, int]:
    """Ids of fingerprints whose hash is within NEAR_BITS of one of the forms, with that distance. BANDS queries.

    Args:
        forms: float32 (forms, 256), film_forms of the film that is asked about.
    """
    keyed = key.keyed(forms)
    stored: dict[UUID, bytes] = {}
    for name, numbers in zip(BAND_NAMES, key.probes(keyed), strict=True):
        rows = FilmFingerprint.objects.filter(**{f"{name}__in": numbers}).values_list("pk", "bits")
        stored.update((row_id, bytes(bits)) for row_id, bits in rows[:MOST_OF_A_BAND])
    distances = form_distances(keyed, b"".join(stored.values())) if stored else []
    return {row_id: int(apart) for row_id, apart in zip(stored, distances, strict=True) if apart <= NEAR_BITS}
