"""What a film is known again by, written with it: keyed, so that the database alone tells nothing about a film."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.services.keys import blind_index
from accounts.services.objects import object_read
from imaging.dicom.thumbnail import Small, thumbnail_read, thumbnail_text
from imaging.dicom.values import FrameDigest
from imaging.models import FilmFingerprint, Instance
from imaging.pipeline.film_hash import film_spectrum
from imaging.pipeline.film_key import FilmKey, packed
from imaging.sandbox import inspect_file
from imaging.services.film_index import BAND_NAMES

SLICES = frozenset({"CT", "MR", "PT", "NM", "US"})
"""Modalities whose neighbouring images look alike by nature: known again by their exact pixels only."""

FLATTEST_GREY_LEVELS = 2.0
"""Standard deviation below which a thumbnail shows nothing: the signs of an empty film are noise."""


def film_key(organisation_id: UUID) -> FilmKey:
    """The organisation's key of films, derived from its blind-index root, which is stored wrapped.

    Raises:
        KeyUnavailable.
    """
    return FilmKey.derived(bytes.fromhex(blind_index(organisation_id, "film_fingerprint", "key") or ""))


def pixel_index(organisation_id: UUID, digests: Sequence[str]) -> str | None:
    """Keyed digest of an instance's decoded frames: the same pixels in another file have the same."""
    return blind_index(organisation_id, "pixel_digest", "|".join(digests))


def fingerprint_write(instance: Instance, digests: Sequence[FrameDigest]) -> FilmFingerprint:
    """Write what the instance is known again by, in the caller's transaction.

    Args:
        digests: as the decode child gave them; the first one carries the thumbnail.
    """
    organisation_id = instance.series.study.organisation_id
    row = FilmFingerprint(
        instance=instance,
        organisation_id=organisation_id,
        pixel_index=pixel_index(organisation_id, [frame.pixel_sha256 for frame in digests]),
    )
    small = _film(instance, digests)
    if small is not None:
        key = film_key(organisation_id)
        keyed = key.keyed(film_spectrum(small))
        row.bits, row.thumbnail = packed(keyed), thumbnail_text(small)
        for number, value in enumerate(key.bands(keyed)):
            setattr(row, BAND_NAMES[number], value)
    row.save(force_insert=True)
    return row


def _film(instance: Instance, digests: Sequence[FrameDigest]) -> Small | None:
    """The thumbnail of a film; None for slices, several frames, and films that show nothing."""
    if len(digests) != 1 or instance.series.modality in SLICES:
        return None
    small = thumbnail_read(digests[0].thumbnail)
    return None if small is None or float(small.std()) < FLATTEST_GREY_LEVELS else small


def instances_without_fingerprint() -> QuerySet[Instance]:
    """Images that arrived before films were known again, oldest first."""
    rows = Instance.objects.filter(fingerprint=None).select_related("series__study", "stored_object")
    return rows.order_by("created_at")


def fingerprint_fill(instance: Instance) -> None:
    """Read an instance's bytes once more and write its fingerprint.

    Raises:
        RefusedFile, IntegrityBroken, KeyUnavailable, KeyDestroyed.
    """
    received = inspect_file(object_read(instance.stored_object))
    with transaction.atomic():
        if not FilmFingerprint.objects.filter(instance=instance).exists():
            fingerprint_write(instance, received.frames)
