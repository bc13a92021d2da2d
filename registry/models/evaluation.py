"""What a version was measured to do."""

from django.db import models

from registry.models.written_once import WrittenOnce


class Evaluation(WrittenOnce):
    """One evaluation document of one version, whole, with the parts that lists and gates read beside it.

    The newest by `measured_at` counts. The same document again is the same row: `sha256` is over its canonical JSON.
    """

    model_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, related_name="evaluations")
    case_type = models.CharField(max_length=32)
    dataset = models.CharField(max_length=120)
    split = models.CharField(max_length=32, blank=True, default="")
    dataset_digest = models.CharField(max_length=64)
    n_images = models.PositiveIntegerField()
    summary = models.JSONField(default=dict)
    pointing = models.JSONField(null=True)
    document = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    measured_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["-measured_at", "-created_at"]
        constraints = [models.UniqueConstraint(fields=["model_version", "sha256"], name="one_row_per_evaluation")]

    def __str__(self) -> str:
        return f"{self.model_version} on {self.dataset} {self.split}".strip()
