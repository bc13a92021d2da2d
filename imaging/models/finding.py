"""One observation by a model at one place. Never edited: readers review it, they do not change it."""

from django.db import models

from accounts.base import TimestampedModel


class Finding(TimestampedModel):
    """Box and peak in pixels of the stored frame; the probability is the calibrated one.

    `border_energy` and `marker_energy` are the shares of the heatmap's positive contributions on the frame's border and
    on burned-in markers: null without a heatmap, and for findings older than the columns.
    The heatmaps that one run made of one frame lie in one stored object, this finding's at `heatmap_index`.
    """

    result = models.ForeignKey("imaging.FrameResult", on_delete=models.CASCADE, related_name="findings")
    study = models.ForeignKey("imaging.Study", on_delete=models.CASCADE, related_name="findings")
    instance = models.ForeignKey("imaging.Instance", on_delete=models.CASCADE, related_name="findings")
    model_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, related_name="+")
    frame_index = models.PositiveIntegerField()
    label = models.CharField(max_length=64)
    source = models.CharField(max_length=16, choices=[("classifier", "classifier"), ("detector", "detector")])
    score = models.FloatField()
    probability = models.FloatField()
    operating_point = models.FloatField(null=True)
    positive = models.BooleanField()
    left = models.FloatField(null=True)
    top = models.FloatField(null=True)
    right = models.FloatField(null=True)
    bottom = models.FloatField(null=True)
    peak_x = models.FloatField(null=True)
    peak_y = models.FloatField(null=True)
    border_energy = models.FloatField(null=True)
    marker_energy = models.FloatField(null=True)
    heatmap = models.ForeignKey("accounts.StoredObject", on_delete=models.PROTECT, null=True, related_name="+")
    heatmap_index = models.PositiveSmallIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["study", "positive"], name="finding_of_study")]

    def __str__(self) -> str:
        return f"finding {self.id}"
