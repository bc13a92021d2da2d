"""How a site reads: blind or not, how much is read twice, how long a study may wait; and what follows from it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.base import TimestampedModel
from accounts.crypto.fields import EncryptedTextField
from accounts.crypto.scope import EncryptionScope


class ReadingPolicy(TimestampedModel):
    """The choices of one site; a site without a row reads as the settings say. Written by services/policy.py alone.

    blind_first: what the machine says is withheld from a reader until they committed their own read.
    second_read_share: of all studies, which share is read by a second reader, blind to the first.
    wait_limit_seconds, guard_every: of the worklist's maximum-wait guard (feedback/priority.py); empty: as the settings
    say.
    """

    site = models.OneToOneField("accounts.Site", on_delete=models.CASCADE, related_name="reading_policy")
    blind_first = models.BooleanField(
        default=False, help_text="Readers commit their own read before they see what the models say."
    )
    second_read_share = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="From 0 to 1: the share of studies that a second reader reads, blind to the first.",
    )
    wait_limit_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(60)],
        help_text="How long a study may wait before it goes ahead of those that are not urgent. Empty: the default.",
    )
    guard_every = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(2)],
        help_text="While urgent studies keep coming, every so many is the longest waiting past the limit. "
        "Empty: the default.",
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "reading policies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(second_read_share__gte=0.0, second_read_share__lte=1.0), name="share_from_0_to_1"
            )
        ]

    def __str__(self) -> str:
        return f"reading policy of {self.site}"


class Impression(models.TextChoices):
    NORMAL = "normal", "normal"
    ABNORMAL = "abnormal", "abnormal"


class BlindRead(TimestampedModel):
    """What a reader said before the machine's output was shown to them: written once, never changed.

    findings: the reader's own findings as they stood, [{"review", "instance", "frame", "label", "box", ...}]; comments
    stay encrypted in the reviews that are named.
    """

    study = models.ForeignKey("imaging.Study", on_delete=models.CASCADE, related_name="blind_reads", db_index=False)
    reader = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    impression = models.CharField(max_length=8, choices=Impression.choices)
    findings = models.JSONField(default=list)
    study_version = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["study", "reader"], name="one_blind_read_per_reader")]

    def __str__(self) -> str:
        return f"blind read {self.id}"


class SecondReadReason(models.TextChoices):
    REQUESTED = "requested", "requested"
    SAMPLED = "sampled", "sampled"


class SecondReadRequest(TimestampedModel):
    """A study that another reader has to read, blind to the first; open until a read fulfils it.

    `requested_by` asked for it, or signed the read that was sampled: anybody else's signature fulfils it. The comment
    is for after: a second reader does not see it before they have signed.
    """

    study = models.ForeignKey(
        "imaging.Study", on_delete=models.CASCADE, related_name="second_read_requests", db_index=False
    )
    reason = models.CharField(max_length=9, choices=SecondReadReason.choices)
    requested_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    comment = EncryptedTextField(blank=True, default="")
    fulfilled_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    fulfilled_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["study"], condition=models.Q(fulfilled_at__isnull=True), name="one_open_second_read"
            )
        ]
        indexes = [models.Index(fields=["study", "reason"], name="second_read_of_study")]

    def __str__(self) -> str:
        return f"second read {self.id}"

    def encryption_scope(self) -> EncryptionScope:
        return self.study.encryption_scope()
