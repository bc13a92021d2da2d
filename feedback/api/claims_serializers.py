"""The shapes of the claims lane's requests and answers."""

from datetime import date
from uuid import UUID

from rest_framework import serializers

from feedback.api.cursor import NOT_OURS, CursorInvalid, moment_of, parts_of_text, text_of_parts
from feedback.api.serializers import BoxField
from feedback.claims.groups import MOST_GROUPS
from feedback.claims.lane import STATES, Position
from feedback.models import FilmVerdict
from feedback.teeth import is_tooth
from imaging.models import ClaimDecision
from imaging.services.insurance_claims import LONGEST_NUMBER

MOST_PROCEDURES = 60


class ClaimQuery(serializers.Serializer):
    """What the lane is narrowed to; no number may stand in an address."""

    state = serializers.ChoiceField(STATES, default="open")
    flagged = serializers.BooleanField(default=False, help_text="Only with a likeness that nobody has looked at.")
    site = serializers.UUIDField(default=None, allow_null=True)
    cursor = serializers.CharField(max_length=200, default="", allow_blank=True)
    ids = serializers.CharField(
        max_length=4000, default="", allow_blank=True, help_text="Only these claims, comma separated: to redraw rows."
    )

    def validate_ids(self, given: str) -> tuple[UUID, ...]:
        try:
            return tuple(UUID(part) for part in given.split(",") if part)
        except ValueError as error:
            raise serializers.ValidationError("Claim ids, comma separated.") from error


class ClaimSearchInput(serializers.Serializer):
    claim_number = serializers.CharField(max_length=LONGEST_NUMBER)


class ClaimOpenInput(ClaimSearchInput):
    site = serializers.UUIDField()


class StudyClaimInput(serializers.Serializer):
    """By number, or by the id of a claim that is there; with neither, the study leaves its claim."""

    claim_number = serializers.CharField(max_length=LONGEST_NUMBER, default="", allow_blank=True)
    claim_id = serializers.UUIDField(default=None, allow_null=True)


class ProcedureInput(serializers.Serializer):
    code = serializers.CharField(max_length=20)
    tooth = serializers.CharField(max_length=2, default="", allow_blank=True, help_text="FDI number, or empty.")
    surface = serializers.CharField(max_length=8, default="", allow_blank=True)
    date = serializers.CharField(max_length=10, default="", allow_blank=True, help_text="YYYY-MM-DD, or empty.")

    def validate_tooth(self, given: str) -> str:
        if given and not (given.isascii() and given.isdigit() and is_tooth(int(given))):
            raise serializers.ValidationError("FDI numbers: 11 to 48, primary teeth 51 to 85.")
        return given

    def validate_date(self, given: str) -> str:
        try:
            return date.fromisoformat(given).isoformat() if given else ""
        except ValueError as error:
            raise serializers.ValidationError("A date as YYYY-MM-DD.") from error


class ProceduresInput(serializers.Serializer):
    expected_version = serializers.IntegerField(min_value=0)
    procedures = ProcedureInput(many=True, max_length=MOST_PROCEDURES)


class DecisionInput(serializers.Serializer):
    expected_version = serializers.IntegerField(min_value=0, help_text="The version that was shown.")
    decision = serializers.ChoiceField(ClaimDecision.values)
    reason = serializers.CharField(max_length=2000, default="", allow_blank=True)


class FilmWordInput(serializers.Serializer):
    word = serializers.ChoiceField(FilmVerdict.Word.values)
    comment = serializers.CharField(max_length=1000, default="", allow_blank=True)


class GroupField(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    codes = serializers.CharField(max_length=1000, default="", allow_blank=True)
    supporting = serializers.ListField(child=serializers.CharField(max_length=64), max_length=60, default=list)
    contradicting = serializers.ListField(child=serializers.CharField(max_length=64), max_length=60, default=list)
    source = serializers.CharField(max_length=500, default="", allow_blank=True)


class GroupsField(serializers.Serializer):
    groups = GroupField(many=True, max_length=MOST_GROUPS)

    def validate_groups(self, given: list[dict[str, object]]) -> list[dict[str, object]]:
        if len({str(group["name"]).casefold() for group in given}) != len(given):
            raise serializers.ValidationError("Two groups have the same name.")
        return given


class ClaimRowOutput(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField(help_text="Masked for whoever may not decide claims.")
    number_shown = serializers.BooleanField()
    site = serializers.CharField()
    state = serializers.CharField()
    decision = serializers.CharField()
    decided_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    waiting_seconds = serializers.IntegerField()
    images = serializers.IntegerField()
    studies = serializers.IntegerField()
    analysed = serializers.IntegerField()
    read = serializers.IntegerField()
    flags = serializers.IntegerField(help_text="Likenesses to films of other claims that nobody has looked at.")
    same = serializers.IntegerField(help_text="Likenesses that were called the same film.")
    version = serializers.IntegerField()


class ClaimListOutput(serializers.Serializer):
    sequence = serializers.IntegerField(help_text="Ask /api/events/?after= from here on.")
    next = serializers.CharField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="1000 stands for more than 999.")
    results = ClaimRowOutput(many=True)


class ClaimBriefOutput(serializers.Serializer):
    """A claim after it was changed: its page asks for the rest."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    state = serializers.CharField()
    decision = serializers.CharField()


class ObservationOutput(serializers.Serializer):
    label = serializers.CharField()
    tooth = serializers.IntegerField(allow_null=True)
    reader = serializers.CharField()
    verdict = serializers.CharField()
    model = serializers.CharField()
    probability = serializers.FloatField(allow_null=True)
    film = serializers.IntegerField()
    box = BoxField(allow_null=True)


class EvidenceOutput(serializers.Serializer):
    procedure = ProcedureInput()
    group = serializers.CharField()
    standing = serializers.CharField()
    words = serializers.CharField()
    speaking_for = ObservationOutput(many=True)
    speaking_against = ObservationOutput(many=True)
    elsewhere = ObservationOutput(many=True)


class FilmOutput(serializers.Serializer):
    number = serializers.IntegerField()
    instance_id = serializers.UUIDField()
    study_id = serializers.UUIDField()
    pseudonym = serializers.CharField()
    case_type = serializers.CharField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()
    frames = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    analysis_state = serializers.CharField()
    analysis_reason = serializers.CharField()
    read_by = serializers.ListField(child=serializers.CharField())
    withheld = serializers.BooleanField()
    resubmitted = serializers.BooleanField()
    synthetic = serializers.BooleanField()


class OtherFilmOutput(serializers.Serializer):
    claim_id = serializers.UUIDField()
    number = serializers.CharField()
    site = serializers.CharField()
    instance_id = serializers.UUIDField()
    study_id = serializers.UUIDField()
    received_at = serializers.DateTimeField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()


class LikenessOutput(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    words = serializers.CharField()
    distance = serializers.IntegerField(help_text="Differing bits of 256 at the best turn and crop.")
    film = serializers.IntegerField()
    instance_id = serializers.UUIDField()
    other = OtherFilmOutput(allow_null=True)
    word = serializers.CharField()
    said_by = serializers.CharField()
    said_at = serializers.DateTimeField(allow_null=True)
    comment = serializers.CharField()


class ModelLineOutput(serializers.Serializer):
    name = serializers.CharField()
    version = serializers.CharField()
    task = serializers.CharField()
    sha256 = serializers.CharField()


class ClaimOutput(ClaimBriefOutput):
    sequence = serializers.IntegerField()
    number = serializers.CharField()
    number_shown = serializers.BooleanField()
    site = serializers.CharField()
    site_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    decision_reason = serializers.CharField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    exported_at = serializers.DateTimeField(allow_null=True)
    films = FilmOutput(many=True)
    observations = ObservationOutput(many=True)
    evidence = EvidenceOutput(many=True)
    likenesses = LikenessOutput(many=True)
    models = ModelLineOutput(many=True)
    may_decide = serializers.BooleanField()


def cursor_text(position: Position | None) -> str | None:
    """Where a page of claims ended; it holds no number and grants nothing."""
    if position is None:
        return None
    return text_of_parts([position.created_at.isoformat(), position.claim_id.hex])


def cursor_position(text: str) -> Position | None:
    """Raises InvalidInput for anything that cursor_text did not write."""
    if not text:
        return None
    try:
        created_at, claim_id = parts_of_text(text)
        return Position(moment_of(created_at), UUID(claim_id))
    except NOT_OURS as error:
        raise CursorInvalid from error
