"""What the API takes."""

from rest_framework import serializers

from imaging.models import AnalysisState, TriageClass
from imaging.pipeline.values import CASE_TYPES


class StudyListInput(serializers.Serializer):
    state = serializers.ChoiceField(choices=AnalysisState.choices, required=False)
    case_type = serializers.ChoiceField(choices=[*CASE_TYPES, "unknown"], required=False)
    site = serializers.UUIDField(required=False)
    triage = serializers.ChoiceField(choices=TriageClass.choices, required=False)
    patient_id = serializers.CharField(required=False, max_length=64)


class FrameInput(serializers.Serializer):
    window = serializers.RegexField(r"^-?\d+(\.\d+)?,\d+(\.\d+)?$", required=False, help_text="centre,width")
    max_side = serializers.IntegerField(min_value=16, max_value=8192, required=False)


class SamplesInput(serializers.Serializer):
    packed = serializers.BooleanField(
        default=False, help_text="compressed: row differences, low bytes before high bytes, Content-Encoding: deflate"
    )


class HeatmapInput(serializers.Serializer):
    below = serializers.ChoiceField(
        choices=["outline", "show"],
        default="outline",
        help_text="how to draw the map of a finding below its operating point: a grey outline, or the map, fainter",
    )
    shape = serializers.ChoiceField(
        choices=["map", "outline"],
        default="map",
        help_text="outline: only a line around where the map is highest, in place of the box that a label has not",
    )


class RerunInput(serializers.Serializer):
    case_type = serializers.ChoiceField(choices=CASE_TYPES, required=False)


class SampleInput(serializers.Serializer):
    site = serializers.UUIDField(required=False)


class EventsInput(serializers.Serializer):
    after = serializers.IntegerField(min_value=0, default=0)
