"""The report of a read as a file."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.files import attachment
from accounts.api.requests import validated
from accounts.policy import on_site
from feedback.services.reports import report_export


class ReportQuery(serializers.Serializer):
    read = serializers.UUIDField(
        default=None, allow_null=True, help_text="Whose read; otherwise your own, else the first signed one."
    )


class StudyReportApi(APIView):
    """Key images, findings, the reader's verdicts, models, audit reference; a draft says so on every page."""

    policy = on_site("view_study")

    @extend_schema(
        tags=["reads"],
        summary="The report of a read, PDF",
        parameters=[ReportQuery],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, study_id: UUID) -> HttpResponse:
        wanted = validated(ReportQuery, request.query_params)
        issued, pdf = report_export(user=request.user, study_id=study_id, read_id=wanted["read"])
        name = f"report-{issued.report.person.pseudonym}-{issued.report.read_id.hex[:8]}.pdf"
        return attachment(pdf, "application/pdf", name)
