"""What lets a film be known again: keyed fingerprints, and the pairs that look alike."""

from django.db import models

from accounts.base import TimestampedModel
from accounts.crypto.fields import BlindIndexField, EncryptedTextField
from accounts.crypto.scope import EncryptionScope


class MatchKind(models.TextChoices):
    SAME_FILE = "same_file", "the same file"
    SAME_PIXELS = "same_pixels", "the same pixels"
    ALIKE = "alike", "looks alike"
    MIRRORED = "mirrored", "looks alike, mirrored"


class FilmFingerprint(TimestampedModel):
    """One instance, known again: pixel digest, perceptual hash and its bands, none of them usable without our keys.

    pixel_index: keyed digest of all frames' pixel digests. bits: the perceptual hash of a film's only frame, its bits
    permuted and masked under the organisation's index key (pipeline/film_hash.py, services/fingerprints.py): Hamming
    distances within an organisation are those of the hashes, nothing else can be read from them; null for an instance
    that has none (several frames, slices). band_*: runs of those bits, each behind a keyed mark of organisation and
    band, so that one narrow index serves every organisation. thumbnail: base64 of the 48 x 48 grey values that the hash
    is made of, encrypted under the patient's key; with it the film is looked for turned and cropped as well.
    searched_claim: the claim that the film was last looked for under; another than its study's: look again.
    """

    instance = models.OneToOneField("imaging.Instance", on_delete=models.CASCADE, related_name="fingerprint")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    pixel_index = BlindIndexField()
    bits = models.BinaryField(null=True)
    thumbnail = EncryptedTextField(blank=True, default="")
    searched_claim = models.ForeignKey("imaging.InsuranceClaim", on_delete=models.SET_NULL, null=True, related_name="+")
    band_0 = models.BigIntegerField(null=True, db_index=True)
    band_1 = models.BigIntegerField(null=True, db_index=True)
    band_2 = models.BigIntegerField(null=True, db_index=True)
    band_3 = models.BigIntegerField(null=True, db_index=True)
    band_4 = models.BigIntegerField(null=True, db_index=True)
    band_5 = models.BigIntegerField(null=True, db_index=True)
    band_6 = models.BigIntegerField(null=True, db_index=True)
    band_7 = models.BigIntegerField(null=True, db_index=True)
    band_8 = models.BigIntegerField(null=True, db_index=True)
    band_9 = models.BigIntegerField(null=True, db_index=True)
    band_10 = models.BigIntegerField(null=True, db_index=True)
    band_11 = models.BigIntegerField(null=True, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"fingerprint {self.id}"

    def encryption_scope(self) -> EncryptionScope:
        return self.instance.encryption_scope()


class FilmMatch(TimestampedModel):
    """A film of a claim that looks like a film of another claim: a reason to look, never a verdict.

    The same bytes sent under two claims are one instance: then `instance` and `other_instance` are the same one.
    distance: differing bits of the perceptual hash at the best turn and crop; 0 for the same pixels.
    """

    claim = models.ForeignKey("imaging.InsuranceClaim", on_delete=models.CASCADE, related_name="matches")
    other_claim = models.ForeignKey("imaging.InsuranceClaim", on_delete=models.CASCADE, related_name="matched_by")
    instance = models.ForeignKey("imaging.Instance", on_delete=models.CASCADE, related_name="+")
    other_instance = models.ForeignKey("imaging.Instance", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=MatchKind.choices)
    distance = models.PositiveSmallIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "other_claim", "instance", "other_instance"], name="one_match_per_pair_of_films"
            )
        ]

    def __str__(self) -> str:
        return f"match {self.id}"
