"""One observation by a model at one place. Never edited: readers review it, they do not change it."""

from django.db import models

from accounts.base import TimestampedModel

SOURCES = ("classifier", "detector", "joined")
SUPPORTS = {"both": "label and box", "map_only": "label without a box", "box_only": "box without its label"}


class Finding(TimestampedModel):
    """Box and peak in pixels of the stored frame; the probability is the calibrated one.

    `border_energy` and `marker_energy` are the shares of the heatmap's positive contributions on the frame's border and
    on burned-in markers: null without a heatmap, and for findings older than the columns.
    The heatmaps that one run made of one frame lie in one stored object, this finding's at `heatmap_index`.

    Runs of several versions write their own predictions; when the last one that looks at an image has ended, a box and
    its label become a finding of source "joined" (imaging/services/joining.py), and `joined_in` of both names it: they
    stay on record and no longer stand. A joined finding has the box's probability, and in `second_*` the classifier's
    word on the label. `agreement` and `support` are those of PredictedFinding.
    """

    result = models.ForeignKey("imaging.FrameResult", on_delete=models.CASCADE, related_name="findings")
    study = models.ForeignKey("imaging.Study", on_delete=models.CASCADE, related_name="findings")
    instance = models.ForeignKey("imaging.Instance", on_delete=models.CASCADE, related_name="findings")
    model_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, related_name="+")
    frame_index = models.PositiveIntegerField()
    label = models.CharField(max_length=64)
    source = models.CharField(max_length=16, choices=[(name, name) for name in SOURCES])
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
    support = models.CharField(max_length=8, choices=list(SUPPORTS.items()), blank=True, default="")
    agreement = models.FloatField(null=True)
    joined_in = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="parts")
    second_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, null=True, related_name="+")
    second_probability = models.FloatField(null=True)
    second_operating_point = models.FloatField(null=True)
    second_positive = models.BooleanField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["study", "positive"], name="finding_of_study")]

    def __str__(self) -> str:
        return f"finding {self.id}"

    @property
    def label_positive(self) -> bool:
        """Whether what the heatmap explains, the label, is at or above its operating point."""
        return self.positive if self.second_positive is None else self.second_positive
