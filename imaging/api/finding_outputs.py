"""What the API says of findings; declared once, for the answers and for the schema."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from imaging.api.outputs import ModelOutput
from imaging.models import Finding
from imaging.pipeline.energy import caution
from imaging.pipeline.join import support_words
from registry.models import ModelVersion


class BoxOutput(serializers.Serializer):
    """Pixels of the stored frame."""

    left = serializers.FloatField()
    top = serializers.FloatField()
    right = serializers.FloatField()
    bottom = serializers.FloatField()


class PointOutput(serializers.Serializer):
    x = serializers.FloatField(source="peak_x")
    y = serializers.FloatField(source="peak_y")


class SecondOutput(serializers.Serializer):
    """A classifier's word on the label of a finding whose own probability is that of its box."""

    probability = serializers.FloatField(source="second_probability")
    operating_point = serializers.FloatField(source="second_operating_point", allow_null=True)
    sensitivity = serializers.SerializerMethodField()
    specificity = serializers.SerializerMethodField()
    positive = serializers.BooleanField(source="second_positive")
    model = ModelOutput(source="second_version")

    def get_sensitivity(self, finding: Finding) -> float | None:
        """At the operating point, as measured when it was chosen."""
        return _point(finding.second_version, finding.label).get("sensitivity")

    def get_specificity(self, finding: Finding) -> float | None:
        """At the operating point, as measured when it was chosen."""
        return _point(finding.second_version, finding.label).get("specificity")


class FindingOutput(serializers.ModelSerializer):
    """One a lesion: `support` says whether label and box go together, `agreement` how much of the map is in the box."""

    source = serializers.CharField()
    support = serializers.CharField(help_text="both, map_only, box_only; empty when there is nothing to join")
    support_words = serializers.SerializerMethodField()
    second = serializers.SerializerMethodField()
    frame = serializers.IntegerField(source="frame_index")
    sensitivity = serializers.SerializerMethodField()
    specificity = serializers.SerializerMethodField()
    box = serializers.SerializerMethodField()
    peak = serializers.SerializerMethodField()
    heatmap = serializers.SerializerMethodField()
    caution = serializers.SerializerMethodField()
    corrections = serializers.ListField(child=serializers.CharField(), source="result.corrections")
    model = ModelOutput(source="model_version")

    class Meta:
        model = Finding
        fields = (
            "id",
            "instance_id",
            "frame",
            "label",
            "source",
            "probability",
            "score",
            "operating_point",
            "sensitivity",
            "specificity",
            "positive",
            "support",
            "support_words",
            "agreement",
            "second",
            "box",
            "peak",
            "heatmap",
            "border_energy",
            "marker_energy",
            "caution",
            "corrections",
            "model",
        )

    def get_sensitivity(self, finding: Finding) -> float | None:
        """At the operating point, as measured when it was chosen."""
        return _point(finding.model_version, finding.label).get("sensitivity")

    def get_specificity(self, finding: Finding) -> float | None:
        """At the operating point, as measured when it was chosen."""
        return _point(finding.model_version, finding.label).get("specificity")

    def get_support_words(self, finding: Finding) -> str:
        """What the support is, as a reader is told."""
        return support_words(finding.support, label_positive=finding.second_positive, agreement=finding.agreement)

    @extend_schema_field(SecondOutput(allow_null=True))
    def get_second(self, finding: Finding) -> dict[str, Any] | None:
        return None if finding.second_version is None else SecondOutput(finding).data

    @extend_schema_field(BoxOutput(allow_null=True))
    def get_box(self, finding: Finding) -> dict[str, float] | None:
        return None if finding.left is None else BoxOutput(finding).data

    @extend_schema_field(PointOutput(allow_null=True))
    def get_peak(self, finding: Finding) -> dict[str, float] | None:
        return None if finding.peak_x is None else PointOutput(finding).data

    def get_caution(self, finding: Finding) -> str | None:
        """Why not to trust the map, when most of it lies where no disease can be."""
        return caution(border=finding.border_energy, marker=finding.marker_energy)

    def get_heatmap(self, finding: Finding) -> bool:
        """There is a map: findings/{id}/heatmap/ and findings/{id}/heatmap.npy."""
        return finding.heatmap_id is not None


def _point(version: ModelVersion, label: str) -> dict[str, Any]:
    return (version.spec.get("operating_points") or {}).get(label) or {}
