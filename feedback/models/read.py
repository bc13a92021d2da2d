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
    """REMOVED: the reader takes back what they said of a finding, or drew: a record too, so undo brings it back."""

    CONFIRMED = "confirmed", "confirmed"
    CORRECTED = "corrected", "corrected"
    REJECTED = "rejected", "rejected"
    ADDED = "added", "added"
    REMOVED = "removed", "removed"


class Laterality(models.TextChoices):
    """DICOM's Laterality (0020,0060) and Frame Laterality (0020,9072): the patient's side, not the screen's."""

    RIGHT = "R", "right"
    LEFT = "L", "left"
    BOTH = "B", "both sides"


class Read(TimestampedModel):
    """One reader's interpretation of one study. A second reader has a read of their own.

    second_read: the reader knew of another's read and went on. signing_batch: the reviews that were written by the same
    key press that signed, so that one undo takes both back. version: counts every act in it, undo too.
    """

    study = models.ForeignKey("imaging.Study", on_delete=models.CASCADE, related_name="reads")
    reader = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=ReadState.choices, default=ReadState.DRAFT)
    signed_at = models.DateTimeField(null=True)
    study_version = models.PositiveIntegerField(default=0)
    second_read = models.BooleanField(default=False)
    signing_batch = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=0)

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

    The latest review of a finding that was not withdrawn is the one that stands (feedback.selectors.standing_reviews).
    tooth: FDI number; Universal is a view of it. grade, reason_code: closed lists of feedback/vocabulary.py.
    diff: what differs from the immutable finding, [{"field", "from", "to"}], computed by the service (feedback/diff.py)
    revises: the review that first added what this one changes. taken_from: another reader's review, taken over.
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
    laterality = models.CharField(max_length=1, choices=Laterality.choices, blank=True, default="")
    tooth = models.PositiveSmallIntegerField(null=True)
    grade = models.CharField(max_length=16, blank=True, default="")
    reason_code = models.CharField(max_length=24, blank=True, default="")
    diff = models.JSONField(default=list)
    comment = EncryptedTextField(blank=True, default="")
    batch = models.UUIDField(null=True)
    revises = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="revisions")
    taken_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"review {self.id}"

    @property
    def standing_finding_id(self) -> UUID | None:
        """The finding that the review is of, or has since been joined in; None when the reader added it."""
        return self.finding and (self.finding.joined_in_id or self.finding_id)

    @property
    def item_id(self) -> UUID:
        """What the review is of, the same through every revision: the finding, or the review that first added it."""
        return self.standing_finding_id or self.revises_id or self.id

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
