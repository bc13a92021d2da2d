"""The shape of a draft: what the page may keep and nothing else."""

from typing import Any

from rest_framework import serializers

from feedback.api.serializers import BoxField
from feedback.models import Verdict

SCHEMA = 1
MOST_ITEMS = 100


class StrictSerializer(serializers.Serializer):
    """Refuses what it does not know: a draft is stored as it came."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError({"unknown": "A draft has no such field."})
        return super().to_internal_value(data)


class DraftPlace(StrictSerializer):
    instance_id = serializers.UUIDField()
    frame = serializers.IntegerField(min_value=0)


class DraftBox(BoxField, StrictSerializer):
    """A box that is being drawn."""


class DraftItem(StrictSerializer):
    """One correction that was begun; every part of it may still be missing."""

    key = serializers.CharField(max_length=64)
    finding_id = serializers.UUIDField(allow_null=True, default=None)
    review_id = serializers.UUIDField(allow_null=True, default=None)
    instance_id = serializers.UUIDField()
    frame = serializers.IntegerField(min_value=0)
    verdict = serializers.ChoiceField([Verdict.CONFIRMED, Verdict.CORRECTED, Verdict.REJECTED, Verdict.ADDED])
    label = serializers.CharField(max_length=64, allow_blank=True, default="")
    box = DraftBox(allow_null=True, default=None)
    laterality = serializers.ChoiceField(["", "R", "L", "B"], default="")
    tooth = serializers.IntegerField(min_value=11, max_value=85, allow_null=True, default=None)
    grade = serializers.CharField(max_length=16, allow_blank=True, default="")
    reason_code = serializers.CharField(max_length=24, allow_blank=True, default="")
    comment = serializers.CharField(max_length=2000, allow_blank=True, default="", trim_whitespace=False)


class DraftContent(StrictSerializer):
    schema = serializers.ChoiceField([SCHEMA])
    study_version = serializers.IntegerField(min_value=0)
    place = DraftPlace(allow_null=True, default=None)
    chosen = serializers.CharField(max_length=64, allow_null=True, default=None)
    items = serializers.ListField(child=DraftItem(), max_length=MOST_ITEMS)


class DraftInput(serializers.Serializer):
    content = DraftContent()
    settled = serializers.BooleanField(default=False, help_text="What was refused before has been seen; forget it.")


class DraftSavedOutput(serializers.Serializer):
    tag = serializers.UUIDField()
    saved_at = serializers.DateTimeField()
    unchanged = serializers.BooleanField()


class StoredDraft(serializers.Serializer):
    content = DraftContent()
    tag = serializers.UUIDField(help_text="Send it as If-Match with the next PUT.")
    saved_at = serializers.DateTimeField()
    refused = DraftContent(allow_null=True, help_text="What another tab wanted to write over it.")
    refused_at = serializers.DateTimeField(allow_null=True)


class DraftOutput(serializers.Serializer):
    draft = StoredDraft(allow_null=True)
