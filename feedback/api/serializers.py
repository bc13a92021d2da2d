"""The shapes of requests and answers."""

from typing import Any

from rest_framework import serializers

from feedback.diff import diff_words
from feedback.models import FindingReview, Read, Verdict
from feedback.services.checks import Details, Wanted
from feedback.teeth import universal_of
from imaging.pipeline.values import BoundingBox


class BoxField(serializers.Serializer):
    """Pixels of the stored frame; (0, 0) is the top-left corner of its first pixel."""

    left = serializers.FloatField()
    top = serializers.FloatField()
    right = serializers.FloatField()
    bottom = serializers.FloatField()

    @staticmethod
    def value(given: dict[str, float] | None) -> BoundingBox | None:
        return BoundingBox(**given) if given else None


class SecondReadInput(serializers.Serializer):
    second_read = serializers.BooleanField(default=False, help_text="Go on although another reader has read it.")
    expected_read = serializers.CharField(
        default=None,
        allow_null=True,
        max_length=64,
        help_text="read_tag as shown, in place of If-Match.",
    )


class ReadInput(SecondReadInput):
    expected_version = serializers.IntegerField(
        default=None, allow_null=True, min_value=0, help_text="Study.version as shown; refused when it has changed."
    )


class ExpectedReadInput(serializers.Serializer):
    """What undo takes: nothing, or the tag of the reads as shown."""

    expected_read = serializers.CharField(default=None, allow_null=True, max_length=64)


class ChangeInput(serializers.Serializer):
    """What a reader says of a place. A field that is absent stays as it stands; an empty one is taken away."""

    label = serializers.CharField(max_length=64, default=None, allow_null=True)
    box = BoxField(default=None, allow_null=True)
    laterality = serializers.CharField(
        max_length=8, required=False, allow_blank=True, help_text="R, L or B: the patient's side."
    )
    tooth = serializers.IntegerField(required=False, allow_null=True, help_text="FDI number.")
    grade = serializers.CharField(max_length=16, required=False, allow_blank=True)
    reason_code = serializers.CharField(max_length=24, required=False, allow_blank=True)
    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True)

    @staticmethod
    def wanted(asked: dict[str, Any]) -> Wanted:
        tooth = (asked["tooth"] or 0) if "tooth" in asked else None
        details = Details(asked.get("laterality"), tooth, asked.get("grade"), asked.get("reason_code"))
        return Wanted(asked["label"], BoxField.value(asked["box"]), details, asked.get("comment"))


class ReviseInput(ChangeInput, ExpectedReadInput):
    """A change of one's own review."""


class FindingReviewInput(ChangeInput, SecondReadInput):
    verdict = serializers.ChoiceField([Verdict.CONFIRMED, Verdict.CORRECTED, Verdict.REJECTED])


class FindingAddInput(ChangeInput, SecondReadInput):
    instance_id = serializers.UUIDField()
    frame = serializers.IntegerField(min_value=0, default=0)
    label = serializers.CharField(max_length=64)


class ReviewOutput(serializers.ModelSerializer):
    frame = serializers.IntegerField(source="frame_index")
    box = serializers.SerializerMethodField()
    finding_id = serializers.UUIDField(source="standing_finding_id", allow_null=True)
    item_id = serializers.UUIDField(help_text="The finding, or the review that first added it: stays through changes.")
    instance_id = serializers.UUIDField()
    tooth = serializers.IntegerField(allow_null=True, help_text="FDI number.")
    tooth_universal = serializers.SerializerMethodField()
    comment = serializers.CharField()
    taken_over = serializers.SerializerMethodField(help_text="Taken over from another reader's read.")
    diff = serializers.JSONField(help_text="[{field, from, to}] against the immutable finding.")
    changes = serializers.SerializerMethodField(help_text="The same in words.")

    class Meta:
        model = FindingReview
        fields = (
            "id",
            "item_id",
            "finding_id",
            "instance_id",
            "frame",
            "verdict",
            "label",
            "box",
            "laterality",
            "tooth",
            "tooth_universal",
            "grade",
            "reason_code",
            "comment",
            "taken_over",
            "diff",
            "changes",
            "created_at",
        )

    def get_tooth_universal(self, review: FindingReview) -> str:
        return universal_of(review.tooth) if review.tooth else ""

    def get_taken_over(self, review: FindingReview) -> bool:
        return review.taken_from_id is not None

    def get_changes(self, review: FindingReview) -> list[str]:
        return diff_words(review.diff)

    def get_box(self, review: FindingReview) -> dict[str, float | None] | None:
        if review.left is None:
            return None
        return {"left": review.left, "top": review.top, "right": review.right, "bottom": review.bottom}


class ReadOutput(serializers.Serializer):
    """One reader's read with the reviews that stand."""

    id = serializers.UUIDField()
    by = serializers.SerializerMethodField()
    mine = serializers.SerializerMethodField()
    state = serializers.CharField()
    second_read = serializers.BooleanField()
    begun_at = serializers.DateTimeField(source="created_at")
    signed_at = serializers.DateTimeField(allow_null=True)
    study_version = serializers.IntegerField(help_text="The version of the findings that was signed.")
    read_tag = serializers.SerializerMethodField(help_text="What If-Match asks for; only of one's own read.")
    reviews = serializers.SerializerMethodField()

    def get_by(self, read: Read) -> str:
        return read.reader.display_name or read.reader.username

    def get_mine(self, read: Read) -> bool:
        return bool(read.reader_id == self.context["reader_id"])

    def get_read_tag(self, read: Read) -> str:
        return self.context.get("read_tag", "") if self.get_mine(read) else ""

    def get_reviews(self, read: Read) -> list[dict[str, Any]]:
        return ReviewOutput(self.context["standing"](read), many=True).data


class CodeOutput(serializers.Serializer):
    code = serializers.CharField()
    words = serializers.CharField()


class ReasonOutput(CodeOutput):
    verdicts = serializers.ListField(child=serializers.CharField())


class VocabularyOutput(serializers.Serializer):
    """What a finding here may be given, beside its label."""

    teeth = serializers.BooleanField()
    lateralities = CodeOutput(many=True)
    grades = serializers.DictField(child=CodeOutput(many=True))
    reasons = ReasonOutput(many=True)


class StudyReviewsOutput(serializers.Serializer):
    study_version = serializers.IntegerField()
    read_tag = serializers.CharField(help_text="Send it as If-Match with the next act; 412 when it is stale.")
    withheld = serializers.CharField(help_text='"second_read" while other readers are not shown; else empty.')
    vocabulary = VocabularyOutput()
    labels = serializers.ListField(child=serializers.CharField(), help_text="What a finding here may be called.")
    reads = ReadOutput(many=True)


class UndoneOutput(serializers.Serializer):
    act = serializers.ChoiceField(["signature", "confirmation", "review"])
    reviews = serializers.IntegerField()
    read_tag = serializers.CharField()
