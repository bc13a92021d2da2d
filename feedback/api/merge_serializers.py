"""The shapes of a comparison of two reads."""

from typing import Any

from rest_framework import serializers

from feedback.api.serializers import BoxField, ExpectedReadInput, ReviewOutput
from feedback.diff import diff_words
from feedback.merge import TAKES, MergeItem
from feedback.models import Read
from imaging.models import Finding
from imaging.services.finding_rows import box_of


class ReadMarkOutput(serializers.Serializer):
    """Whose read it is, and where it stands."""

    id = serializers.UUIDField()
    by = serializers.SerializerMethodField()
    state = serializers.CharField()
    at = serializers.SerializerMethodField()

    def get_by(self, read: Read) -> str:
        return read.reader.display_name or read.reader.username

    def get_at(self, read: Read) -> Any:
        return read.signed_at or read.created_at


class MergedFindingOutput(serializers.Serializer):
    """What the model had said of the item."""

    id = serializers.UUIDField()
    label = serializers.CharField()
    box = serializers.SerializerMethodField()

    def get_box(self, finding: Finding) -> dict[str, float] | None:
        box = box_of(finding)
        return None if box is None else {name: getattr(box, name) for name in BoxField().fields}


class MergeItemOutput(serializers.Serializer):
    key = serializers.CharField()
    kind = serializers.ChoiceField(["same", "differ", "mine_only", "theirs_only"])
    mine = ReviewOutput(allow_null=True)
    theirs = ReviewOutput(allow_null=True)
    finding = serializers.SerializerMethodField()
    instance_id = serializers.SerializerMethodField()
    frame = serializers.SerializerMethodField()
    iou = serializers.FloatField(allow_null=True, help_text="Overlap of the two boxes, 0 to 1.")
    differences = serializers.JSONField(help_text="[{field, from: mine, to: theirs}].")
    words = serializers.SerializerMethodField(help_text="The differences in words.")
    takes = serializers.ListField(child=serializers.CharField(), help_text="Which of mine, theirs, both may be chosen.")

    def get_finding(self, item: MergeItem) -> dict[str, Any] | None:
        finding = next((one.finding for one in (item.mine, item.theirs) if one and one.finding), None)
        return None if finding is None else MergedFindingOutput(finding).data

    def get_instance_id(self, item: MergeItem) -> str:
        return str((item.mine or item.theirs).instance_id)  # type: ignore[union-attr]

    def get_frame(self, item: MergeItem) -> int:
        return (item.mine or item.theirs).frame_index  # type: ignore[union-attr]

    def get_words(self, item: MergeItem) -> list[str]:
        return diff_words(item.differences)


class MergeOutput(serializers.Serializer):
    study_version = serializers.IntegerField()
    read_tag = serializers.CharField()
    withheld = serializers.CharField(help_text='"second_read" while other readers are not shown; else empty.')
    mine = ReadMarkOutput(allow_null=True)
    theirs = ReadMarkOutput(allow_null=True)
    others = ReadMarkOutput(many=True)
    items = MergeItemOutput(many=True)


class MergeQuery(serializers.Serializer):
    read = serializers.UUIDField(default=None, allow_null=True, help_text="The other read; the first signed without.")


class ChoiceInput(serializers.Serializer):
    key = serializers.CharField(max_length=80)
    take = serializers.ChoiceField(TAKES)


class MergeInput(ExpectedReadInput):
    read = serializers.UUIDField()
    choices = ChoiceInput(many=True)
