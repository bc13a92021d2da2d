"""What readers say: append-only. A correction is a new record, an undo is a new record."""

from uuid import UUID

from django.db import models

from accounts.base import TimestampedModel
from accounts.crypto.fields import EncryptedTextField
from accounts.crypto.scope import EncryptionScope


class ReadState(models.TextChoices):
    DRAFT = "draft", "draft"
    SIGNED = "signed", "signed"


class Verdict(models.TextChoices):
    CONFIRMED = "confirmed", "confirmed"
    CORRECTED = "corrected", "corrected"
    REJECTED = "rejected", "rejected"
    ADDED = "added", "added"


class Read(TimestampedModel):
    """One reader's interpretation of one study. A second reader has a read of their own.

    second_read: the reader knew of another's read and went on. signing_batch: the reviews that were written by the same
    key press that signed, so that one undo takes both back.
    """

    study = models.ForeignKey("imaging.Study", on_delete=models.CASCADE, related_name="reads")
    reader = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=ReadState.choices, default=ReadState.DRAFT)
    signed_at = models.DateTimeField(null=True)
    study_version = models.PositiveIntegerField(default=0)
    second_read = models.BooleanField(default=False)
    signing_batch = models.UUIDField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["study", "reader"], name="one_read_per_reader")]
        # No index begins with the state: SQLite would take it for "is this study signed", and read every signed read.
        indexes = [
            models.Index(fields=["study", "state", "signed_at"], name="read_of_study"),
            models.Index(fields=["signed_at"], name="read_signed"),
        ]

    def __str__(self) -> str:
        return f"read {self.id}"


class FindingReview(TimestampedModel):
    """A reader's verdict on a finding, or a finding that the reader added (finding is null).

    The latest review of a finding that was not withdrawn is the one that stands.
    """

    read = models.ForeignKey(Read, on_delete=models.CASCADE, related_name="reviews")
    finding = models.ForeignKey("imaging.Finding", on_delete=models.CASCADE, null=True, related_name="reviews")
    instance = models.ForeignKey("imaging.Instance", on_delete=models.CASCADE, related_name="+")
    frame_index = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    label = models.CharField(max_length=64)
    left = models.FloatField(null=True)
    top = models.FloatField(null=True)
    right = models.FloatField(null=True)
    bottom = models.FloatField(null=True)
    comment = EncryptedTextField(blank=True, default="")
    batch = models.UUIDField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"review {self.id}"

    @property
    def standing_finding_id(self) -> UUID | None:
        """The finding that the review is of, or has since been joined in; None when the reader added it."""
        return self.finding and (self.finding.joined_in_id or self.finding_id)

    def encryption_scope(self) -> EncryptionScope:
        return self.read.study.encryption_scope()


class ReviewWithdrawal(TimestampedModel):
    """An undo: the review stays on record, it no longer stands."""

    review = models.OneToOneField(FindingReview, on_delete=models.CASCADE, related_name="withdrawal")
    withdrawn_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"withdrawal {self.id}"
