"""What examiners say of films that look alike, and what an organisation lets a finding say of a billed procedure."""

from django.db import models

from accounts.base import TimestampedModel
from accounts.crypto.fields import EncryptedTextField
from accounts.crypto.scope import EncryptionScope


class FilmVerdict(TimestampedModel):
    """An examiner looked at both films. Append-only: the latest word on a match is the one that stands."""

    class Word(models.TextChoices):
        SAME = "same_film", "the same film"
        OTHER = "other_film", "another film"

    match = models.ForeignKey("imaging.FilmMatch", on_delete=models.CASCADE, related_name="verdicts")
    word = models.CharField(max_length=10, choices=Word.choices)
    comment = EncryptedTextField(blank=True, default="")
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["match", "created_at"], name="film_verdict_latest")]

    def __str__(self) -> str:
        return f"film verdict {self.id}"

    def encryption_scope(self) -> EncryptionScope:
        return EncryptionScope(organisation_id=self.match.claim.organisation_id, patient_ref=None)


class ProcedureGroup(TimestampedModel):
    """A group of procedure codes in an organisation's own words, and the labels that support or contradict one.

    codes: codes and ranges as the organisation writes them, comma separated ("X100, X110-X199"); no code list is
    shipped, as such lists are licensed. What is shipped is feedback/claims/groups.json: names, labels and sources.
    """

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    codes = models.CharField(max_length=1000, blank=True, default="")
    supporting_labels = models.JSONField(default=list)
    contradicting_labels = models.JSONField(default=list)
    source = models.CharField(max_length=500, blank=True, default="")
    changed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="one_procedure_group_per_name")]

    def __str__(self) -> str:
        return self.name
