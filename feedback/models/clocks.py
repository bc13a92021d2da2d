"""When what happened to a study, and how long readers looked at it. Kept by services/clocks.py alone."""

from django.db import models

from accounts.base import TimestampedModel


class StudyClocks(TimestampedModel):
    """The six clocks of a study: the first time each thing happened; null until it has.

    signed_at: the first signature that stands; taken back with no other beside it, it leaves the clock empty again.
    site, case_type and triage_class stand here too, so that a period of a site is one range of one index.
    reading_seconds: of all readers together, idle time left out.
    """

    study = models.OneToOneField("imaging.Study", on_delete=models.CASCADE, related_name="clocks")
    site = models.ForeignKey("accounts.Site", on_delete=models.CASCADE, related_name="+", db_index=False)
    case_type = models.CharField(max_length=32, blank=True, default="")
    triage_class = models.CharField(max_length=8, blank=True, default="")
    received_at = models.DateTimeField()
    analysed_at = models.DateTimeField(null=True)
    first_opened_at = models.DateTimeField(null=True)
    first_decision_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    exported_at = models.DateTimeField(null=True)
    reading_seconds = models.FloatField(default=0.0)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "study clocks"
        indexes = [
            models.Index(fields=["site", "signed_at"], name="clocks_signed"),
            models.Index(fields=["site", "received_at"], name="clocks_received"),
        ]

    def __str__(self) -> str:
        return f"clocks {self.id}"


class ReadingArm(models.TextChoices):
    """Whether the machine's output was before the reader when they decided."""

    WITH_AI = "with_ai", "with AI shown"
    WITHOUT_AI = "without_ai", "without AI shown"


class ReadingTime(TimestampedModel):
    """How long one reader looked at one study, idle time left out.

    seconds_with_ai, seconds_without_ai: by what the page showed at that second, and the server knows that it could.
    arm, decision_seconds: of the decision. Blind-first, it is the committed blind read and the seconds up to it; else
    the first signature, and the seconds up to it. decided_at: when.
    """

    study = models.ForeignKey("imaging.Study", on_delete=models.CASCADE, related_name="reading_times", db_index=False)
    reader = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.CASCADE, related_name="+", db_index=False)
    case_type = models.CharField(max_length=32, blank=True, default="")
    triage_class = models.CharField(max_length=8, blank=True, default="")
    seconds_with_ai = models.FloatField(default=0.0)
    seconds_without_ai = models.FloatField(default=0.0)
    last_pulse_at = models.DateTimeField(null=True)
    arm = models.CharField(max_length=10, choices=ReadingArm.choices, blank=True, default="")
    decision_seconds = models.FloatField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["study", "reader"], name="one_reading_time_per_reader")]
        indexes = [models.Index(fields=["site", "decided_at"], name="reading_decided")]

    def __str__(self) -> str:
        return f"reading time {self.id}"
