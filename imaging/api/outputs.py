"""What the API says of studies, uploads and events; declared once, for the answers and for the schema."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from imaging.api.parts import study_parts
from imaging.disclosure import BLIND_FIRST, reason_before_commit
from imaging.models import Finding, Instance, Study
from registry.models import ModelVersion


def is_hidden(context: Mapping[str, Any], study: Study) -> bool:
    """By the context's `hidden`; without that, of every study."""
    return "hidden" not in context or study.id in context["hidden"]


class SiteOutput(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()


class ModelOutput(serializers.ModelSerializer):
    class Meta:
        model = ModelVersion
        fields = ("name", "version", "sha256")


class AnalysisOutput(serializers.Serializer):
    """The reason only as far as imaging/disclosure.py lets it out, by the context's `hidden`."""

    state = serializers.CharField(source="analysis_state")
    reason = serializers.SerializerMethodField()

    def get_reason(self, study: Study) -> str:
        if is_hidden(self.context, study):
            return reason_before_commit(study.analysis_state, study.analysis_reason)
        return study.analysis_reason


class TriageOutput(serializers.Serializer):
    class_ = serializers.CharField(source="triage_class")
    reason = serializers.CharField(source="triage_reason")
    scores = serializers.JSONField(source="triage_scores")

    def get_fields(self) -> dict[str, serializers.Field]:
        """`class` is a word of Python's, not of JSON's."""
        fields = super().get_fields()
        return {"class" if name == "class_" else name: declared for name, declared in fields.items()}


class SummaryOutput(serializers.ModelSerializer):
    """A positive label and how sure the model is."""

    source = serializers.CharField()

    class Meta:
        model = Finding
        fields = ("label", "probability", "source")


class PatientOutput(serializers.Serializer):
    """Decrypted for those who may open the study; in no list."""

    patient_id = serializers.CharField()
    issuer_of_patient_id = serializers.CharField()
    name = serializers.CharField()
    birth_date = serializers.CharField()
    sex = serializers.CharField()


class NoticeOutput(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    tag = serializers.CharField(allow_null=True)


class InstanceOutput(serializers.ModelSerializer):
    file_name = serializers.CharField()
    case_type = serializers.CharField()
    frames = serializers.IntegerField(source="number_of_frames")
    series_id = serializers.UUIDField(help_text="Slices of one series are leafed through as one stack.")
    laterality = serializers.CharField(source="image_laterality")
    modality = serializers.CharField(source="series.modality")
    body_part_examined = serializers.CharField(source="series.body_part_examined")
    notices = NoticeOutput(many=True)
    pixel_spacing = serializers.ListField(child=serializers.FloatField(), allow_null=True)

    class Meta:
        model = Instance
        fields = (
            "id",
            "file_name",
            "container",
            "sha256",
            "size_bytes",
            "case_type",
            "rows",
            "columns",
            "frames",
            "series_id",
            "modality",
            "body_part_examined",
            "view_position",
            "laterality",
            "pixel_spacing",
            "notices",
        )


class StudyOutput(serializers.ModelSerializer):
    """A row of a list: pseudonymous, no name, no patient id.

    Shows what the machine says only of studies that are not in the context's `hidden` (imaging/disclosure.py); without
    that context, of none.
    """

    pseudonym = serializers.CharField(source="patient.pseudonym")
    site = SiteOutput()
    case_type = serializers.CharField()
    received_at = serializers.DateTimeField(source="created_at")
    waiting_seconds = serializers.SerializerMethodField()
    analysis = AnalysisOutput(source="*")
    withheld = serializers.SerializerMethodField(help_text="blind_first: what the models say is not shown to you yet")
    triage = serializers.SerializerMethodField()
    summary = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields = (
            "id",
            "pseudonym",
            "site",
            "case_type",
            "case_type_reason",
            "received_at",
            "waiting_seconds",
            "analysis",
            "withheld",
            "triage",
            "version",
            "synthetic",
            "summary",
        )

    def get_waiting_seconds(self, study: Study) -> int:
        return int((timezone.now() - study.created_at).total_seconds())

    def get_withheld(self, study: Study) -> str:
        return BLIND_FIRST if self._hidden(study) else ""

    @extend_schema_field(TriageOutput(allow_null=True))
    def get_triage(self, study: Study) -> dict[str, Any] | None:
        return None if self._hidden(study) or not study.triage_class else TriageOutput(study).data

    @extend_schema_field(SummaryOutput(many=True))
    def get_summary(self, study: Study) -> list[dict[str, Any]]:
        return [] if self._hidden(study) else SummaryOutput(study.positive_findings, many=True).data  # type: ignore[attr-defined]

    def _hidden(self, study: Study) -> bool:
        return is_hidden(self.context, study)

    def to_representation(self, study: Study) -> dict[str, Any]:
        return {**super().to_representation(study), **study_parts(study)}


class StudyDetailOutput(StudyOutput):
    """A study whose page is open."""

    patient = PatientOutput()
    description = serializers.CharField()
    accession_number = serializers.CharField()
    uploaded_by = serializers.CharField(source="uploaded_by.username")
    instances = InstanceOutput(source="all_instances", many=True)
    models = ModelOutput(source="all_models", many=True)
    study_scores = serializers.SerializerMethodField(
        help_text="of studies of slices: one score a label, and the slices it is of"
    )

    class Meta(StudyOutput.Meta):
        fields = (
            *StudyOutput.Meta.fields,
            "patient",
            "study_date",
            "description",
            "accession_number",
            "uploaded_by",
            "instances",
            "models",
            "study_scores",
        )

    def get_study_scores(self, study: Study) -> dict[str, Any]:
        return {} if self._hidden(study) else study.study_scores


class UploadLinksOutput(serializers.Serializer):
    page = serializers.CharField()
    study = serializers.CharField()


class UploadOutput(serializers.Serializer):
    """The answer to an upload; rendered from an IntakeOutcome, with disclosure_context of its study: a film that is
    sent again may be under reading already.
    """

    study_id = serializers.UUIDField(source="study.id")
    instance_id = serializers.UUIDField(source="instance.id")
    status = serializers.SerializerMethodField()
    case_type = serializers.CharField(source="instance.case_type")
    case_type_reason = serializers.CharField(source="study.case_type_reason")
    analysis = AnalysisOutput(source="study")
    created = serializers.BooleanField()
    links = serializers.SerializerMethodField()

    def get_status(self, outcome: Any) -> str:
        return "received"

    @extend_schema_field(UploadLinksOutput)
    def get_links(self, outcome: Any) -> dict[str, str]:
        return {"page": f"/studies/{outcome.study.id}/", "study": f"/api/studies/{outcome.study.id}/"}


class EventOutput(serializers.Serializer):
    """Ids and a status; nothing about anybody."""

    sequence = serializers.IntegerField()
    kind = serializers.CharField()
    study_id = serializers.UUIDField(allow_null=True)
    site_id = serializers.UUIDField()
    status = serializers.CharField()


class EventsOutput(serializers.Serializer):
    latest = serializers.IntegerField()
    events = EventOutput(many=True)
