"""The shapes of the worklist's requests and answers."""

from datetime import date
from typing import Any
from uuid import UUID

from rest_framework import serializers

from feedback.worklist_filter import LANES, SEARCHES
from imaging.models import AnalysisState, TriageClass
from imaging.pipeline.values import CASE_TYPES

CASE_TYPE_CHOICES = (*CASE_TYPES, "unknown")
TRIAGE_CHOICES = (*TriageClass.values, "none")
CLAIM_WORDS = {"true": "with", "with": "with", "without": "without", "": ""}
YES = {"true": True, "any": True, "false": False, "": False}
YES_CHOICES = tuple(YES)
MOST_IDS = 100
HAND_SIZES = (1, 8)


class FilterFields(serializers.Serializer):
    """What a list is narrowed to. Everything here may stand in an address: no identifier does."""

    lane = serializers.ChoiceField(LANES, default="to_read")
    triage = serializers.ChoiceField(TRIAGE_CHOICES, default="", allow_blank=True)
    state = serializers.ChoiceField(AnalysisState.values, default="", allow_blank=True)
    case_type = serializers.ChoiceField(CASE_TYPE_CHOICES, default="", allow_blank=True)
    site = serializers.UUIDField(default=None, allow_null=True)
    claim = serializers.CharField(
        max_length=36, default="", allow_blank=True, help_text='"with", "without", or the id of one claim.'
    )
    date_from = serializers.DateField(default=None, allow_null=True, help_text="Received on this day (UTC) or later.")
    date_to = serializers.DateField(default=None, allow_null=True, help_text="Received on this day (UTC) or earlier.")
    model_version = serializers.UUIDField(default=None, allow_null=True, help_text="A version that looked at it.")
    disagreement = serializers.ChoiceField(YES_CHOICES, default="", allow_blank=True)
    mine = serializers.ChoiceField(YES_CHOICES, default="", allow_blank=True, help_text="With a read of your own.")

    def to_internal_value(self, data: Any) -> Any:
        """Empty is not given: a form sends its empty fields too."""
        given = {name: data[name] for name in data if data[name] not in ("", None)}
        return super().to_internal_value(given)

    def validate_claim(self, given: str) -> str | UUID:
        if given in CLAIM_WORDS:
            return CLAIM_WORDS[given]
        try:
            return UUID(given)
        except ValueError as error:
            raise serializers.ValidationError('"with", "without", or the id of one claim.') from error

    def validate_date_to(self, given: date | None) -> date | None:
        if given == date.max:
            raise serializers.ValidationError("The calendar ends on that day: take an earlier one.")
        return given

    def validate_disagreement(self, given: str) -> bool:
        return YES[given]

    def validate_mine(self, given: str) -> bool:
        return YES[given]


class WorklistQuery(FilterFields):
    cursor = serializers.CharField(max_length=300, default="", allow_blank=True)
    ids = serializers.CharField(
        max_length=4000, default="", allow_blank=True, help_text="Only these studies, comma separated: to redraw rows."
    )

    def validate_ids(self, given: str) -> tuple[UUID, ...]:
        try:
            return tuple(UUID(part) for part in given.split(",") if part)[:MOST_IDS]
        except ValueError as error:
            raise serializers.ValidationError("Study ids, comma separated.") from error


class WorklistSearchInput(WorklistQuery):
    """What is searched for travels in the body: it is in no address and in no log."""

    patient_id = serializers.CharField(max_length=64, default="")
    accession_number = serializers.CharField(max_length=64, default="")
    claim_number = serializers.CharField(max_length=64, default="")
    pseudonym = serializers.CharField(max_length=8, default="")
    lane = serializers.ChoiceField(LANES, default="all")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        searched = [(name, attrs[name]) for name in SEARCHES if attrs[name]]
        if len(searched) != 1:
            raise serializers.ValidationError(f"Exactly one of {', '.join(SEARCHES)}.")
        return attrs | {"search": searched[0]}


class WorklistNextQuery(WorklistQuery):
    after = serializers.UUIDField()


class HandInput(FilterFields):
    current = serializers.UUIDField(default=None, allow_null=True, help_text="The study that is open.")
    size = serializers.IntegerField(default=4, min_value=HAND_SIZES[0], max_value=HAND_SIZES[1])
    passed = serializers.ListField(
        child=serializers.UUIDField(), default=list, max_length=200, help_text="Passed by in this session."
    )


class SavedViewInput(serializers.Serializer):
    name = serializers.CharField(max_length=60)
    filters = FilterFields()


class SavedViewOutput(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    filters = serializers.DictField()


class SavedViewsOutput(serializers.Serializer):
    results = SavedViewOutput(many=True)


class SaidOutput(serializers.Serializer):
    label = serializers.CharField()
    probability = serializers.FloatField()
    boxes = serializers.IntegerField()


class ReaderMarkOutput(serializers.Serializer):
    state = serializers.CharField()
    by = serializers.CharField()
    mine = serializers.BooleanField()
    at = serializers.DateTimeField()


class WorklistRowOutput(serializers.Serializer):
    id = serializers.UUIDField()
    pseudonym = serializers.CharField()
    site_id = serializers.UUIDField()
    site_code = serializers.CharField()
    site_name = serializers.CharField()
    case_type = serializers.CharField()
    received_at = serializers.DateTimeField()
    waiting_seconds = serializers.IntegerField()
    wait_limit_seconds = serializers.IntegerField()
    overdue = serializers.BooleanField()
    rank = serializers.IntegerField(
        help_text="0 urgent, 1 past the waiting limit, 2 flagged, 3 not judged, 4 in order, 5 administrative, 6 read."
    )
    why_here = serializers.CharField()
    analysis_state = serializers.CharField()
    analysis_reason = serializers.CharField()
    triage_class = serializers.CharField()
    triage_reason = serializers.CharField()
    said = SaidOutput(many=True)
    reads = ReaderMarkOutput(many=True)
    disagreement = serializers.ListField(child=serializers.CharField(), help_text="Who disagrees on what.")
    second_read = serializers.CharField(help_text='Why another reader has to read it: "requested", "sampled" or "".')
    blind = serializers.BooleanField(help_text="What the models say is withheld from you, and left out here.")
    claim = serializers.CharField(help_text="The claim's number, masked.")
    leased_by = serializers.CharField()
    leased_to_me = serializers.BooleanField()
    leased_until = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    synthetic = serializers.BooleanField()


class FiguresOutput(serializers.Serializer):
    """Counts end at 1000, which means that many or more."""

    urgent = serializers.IntegerField()
    waiting = serializers.IntegerField()
    oldest_seconds = serializers.IntegerField(allow_null=True)
    median_seconds = serializers.IntegerField(allow_null=True)
    lanes = serializers.DictField(child=serializers.IntegerField())
    case_types = serializers.DictField(child=serializers.IntegerField())
    sites = serializers.DictField(child=serializers.IntegerField())


class WorklistOutput(serializers.Serializer):
    sequence = serializers.IntegerField(help_text="Ask /api/events/?after= from here on.")
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page.")
    figures = FiguresOutput()
    results = WorklistRowOutput(many=True)


class WorklistNextOutput(serializers.Serializer):
    waiting = serializers.IntegerField()
    next = WorklistRowOutput(allow_null=True)


class HandOutput(serializers.Serializer):
    waiting = serializers.IntegerField(help_text="In this lane, whoever has them; ends at 1000.")
    hand = WorklistRowOutput(many=True)
    leased_until = serializers.DateTimeField()
