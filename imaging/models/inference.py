"""What the worker does: a run per instance and model version, and what the pipeline said of each frame."""

from django.db import models

from accounts.base import TimestampedModel, UUIDModel
from imaging.models.study import TriageClass


class RunState(models.TextChoices):
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    SUCCEEDED = "succeeded", "succeeded"
    NEEDS_HUMAN = "needs_human", "needs a human"
    CANCELLED = "cancelled", "cancelled"
    SUPERSEDED = "superseded", "superseded"


class InferenceRun(TimestampedModel):
    """The truth about one piece of work: lease, attempts and fencing token survive every process.

    `alone`: an earlier attempt failed, or its process died; what is to blame is only known when it runs by itself.
    """

    instance = models.ForeignKey("imaging.Instance", on_delete=models.CASCADE, related_name="runs")
    model_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, related_name="+")
    repetition = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.QUEUED)
    priority = models.SmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    fencing_token = models.PositiveIntegerField(default=0)
    alone = models.BooleanField(default=False)
    not_before = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True, default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["instance", "model_version", "repetition"], name="one_run_per_repetition")
        ]
        indexes = [
            models.Index(fields=["state", "priority", "created_at"], name="run_claim"),
            models.Index(fields=["state", "lease_until"], name="run_lease"),
        ]

    def __str__(self) -> str:
        return f"run {self.id}"


class FrameResult(TimestampedModel):
    """What one model version said of one frame: written once, with the run that made it.

    `corrections`: what was done to the stored frame before it was read, as PipelineResult names it.
    """

    run = models.ForeignKey(InferenceRun, on_delete=models.CASCADE, related_name="frame_results")
    frame_index = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=[("analysed", "analysed"), ("not_analysed", "not analysed")])
    reason = models.CharField(max_length=300, blank=True, default="")
    triage_class = models.CharField(max_length=8, choices=TriageClass.choices, blank=True, default="")
    triage_reason = models.CharField(max_length=500, blank=True, default="")
    triage_scores = models.JSONField(default=dict)
    scores = models.JSONField(default=dict)
    timings_ms = models.JSONField(default=dict)
    corrections = models.JSONField(default=list)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "frame_index"], name="one_result_per_frame")]

    def __str__(self) -> str:
        return f"result {self.id}"


class WorkerPresence(UUIDModel):
    """A worker that says it is there, so that a queue which nobody works on is noticed."""

    name = models.CharField(max_length=80, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"worker {self.name}"
