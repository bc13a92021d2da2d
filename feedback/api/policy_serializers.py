"""The shapes of how a study is read."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from feedback.models import BlindRead, Impression
from feedback.services.reading_time import IDLE_SECONDS

LONGEST_PULSE_SECONDS = 3600.0


class CommitInput(serializers.Serializer):
    impression = serializers.ChoiceField(Impression.choices)
    second_read = serializers.BooleanField(default=False, help_text="Go on although another reader has read it.")


class SecondOpinionInput(serializers.Serializer):
    comment = serializers.CharField(max_length=2000, default="", allow_blank=True)


class SecondOpinionOutput(serializers.Serializer):
    id = serializers.UUIDField()
    reason = serializers.CharField()
    asked_at = serializers.DateTimeField(source="created_at")


class ReadingTimeInput(serializers.Serializer):
    active_seconds = serializers.FloatField(
        min_value=0.0,
        max_value=LONGEST_PULSE_SECONDS,
        help_text=f"Since the last pulse, gaps without activity of over {IDLE_SECONDS:.0f} s left out.",
    )
    ai_shown = serializers.BooleanField(help_text="Findings, boxes or heatmaps are on the screen.")
    ai_seconds = serializers.FloatField(
        default=None,
        allow_null=True,
        min_value=0.0,
        max_value=LONGEST_PULSE_SECONDS,
        help_text="How many of them with what the machine says on the screen; without it, all or none by ai_shown.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["ai_seconds"] is None:
            given["ai_seconds"] = given["active_seconds"] if given["ai_shown"] else 0.0
        return {name: given[name] for name in ("active_seconds", "ai_seconds")}


class ReadingTimeOutput(serializers.Serializer):
    counted_seconds = serializers.FloatField(help_text="What the pulse was worth, against the wall clock.")
    reading_seconds = serializers.FloatField(help_text="Yours at this study so far.")


class FrozenFindingOutput(serializers.Serializer):
    label = serializers.CharField()
    instance_id = serializers.UUIDField()
    frame = serializers.IntegerField()
    box = serializers.DictField(child=serializers.FloatField(), allow_null=True)
    laterality = serializers.CharField(allow_blank=True)
    tooth = serializers.IntegerField(allow_null=True)
    grade = serializers.CharField(allow_blank=True)


class BlindReadOutput(serializers.Serializer):
    impression = serializers.CharField()
    at = serializers.DateTimeField(source="created_at")
    findings = serializers.SerializerMethodField()

    @extend_schema_field(FrozenFindingOutput(many=True))
    def get_findings(self, blind: BlindRead) -> list[dict[str, Any]]:
        return FrozenFindingOutput(blind.findings, many=True).data


class ComparisonOutput(serializers.Serializer):
    changed = serializers.BooleanField()
    words = serializers.ListField(child=serializers.CharField())
    impression = serializers.CharField()
    final_impression = serializers.CharField()


class SecondReadOutput(serializers.Serializer):
    open = serializers.BooleanField()
    reason = serializers.CharField()
    by = serializers.CharField()
    comment = serializers.CharField(allow_blank=True)
    asked_at = serializers.DateTimeField()
    fulfilled_by = serializers.CharField(allow_blank=True)
    fulfilled_at = serializers.DateTimeField(allow_null=True)


class DiscordanceOutput(serializers.Serializer):
    kind = serializers.CharField(help_text="reader_model or reader_reader")
    label = serializers.CharField()
    words = serializers.CharField()
    who = serializers.ListField(child=serializers.CharField())


class ClocksOutput(serializers.Serializer):
    received_at = serializers.DateTimeField()
    analysed_at = serializers.DateTimeField(allow_null=True)
    first_opened_at = serializers.DateTimeField(allow_null=True)
    first_decision_at = serializers.DateTimeField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    exported_at = serializers.DateTimeField(allow_null=True)


class ReadingStateOutput(serializers.Serializer):
    blind_first = serializers.BooleanField()
    withheld = serializers.CharField(help_text="blind_first: what the models say is not shown to you yet")
    others_hidden = serializers.BooleanField(help_text="Other readers' words are not shown to you yet.")
    committed = BlindReadOutput(allow_null=True)
    comparison = ComparisonOutput(allow_null=True)
    second_read = SecondReadOutput(allow_null=True)
    discordances = DiscordanceOutput(many=True)
    clocks = ClocksOutput()
    reading_seconds = serializers.FloatField()
