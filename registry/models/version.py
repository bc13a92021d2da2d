"""A model as a product."""

from django.db import models

from accounts.base import TimestampedModel


class VersionState(models.TextChoices):
    CANDIDATE = "candidate", "candidate"
    SHADOW = "shadow", "shadow"
    CHAMPION = "champion", "champion"
    RETIRED = "retired", "retired"


class Task(models.TextChoices):
    CLASSIFIER = "classifier", "classifier"
    DETECTOR = "detector", "detector"
    GUARD = "guard", "guard"


class ModelVersion(TimestampedModel):
    """One set of weights with all that belongs to it; the digest binds them. Never edited but for its state."""

    name = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    task = models.CharField(max_length=16, choices=Task.choices)
    architecture = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, unique=True)
    artefact = models.CharField(max_length=200)
    size_bytes = models.BigIntegerField()
    case_types = models.JSONField(default=list)
    labels = models.JSONField(default=list)
    spec = models.JSONField(default=dict)
    card = models.TextField(blank=True, default="")
    state = models.CharField(max_length=16, choices=VersionState.choices, default=VersionState.CANDIDATE)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="one_row_per_version")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
