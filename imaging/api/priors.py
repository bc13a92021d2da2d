"""What was on film before: studies of the same patient, without a word of any model or reader."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.audit.actions import Action
from accounts.policy import on_site
from imaging.access import study_access
from imaging.api.audited import study_access_record
from imaging.api.outputs import InstanceOutput
from imaging.priors import priors_of


class PriorOutput(serializers.Serializer):
    id = serializers.UUIDField(source="study.id")
    study_date = serializers.CharField(source="study.study_date")
    received_at = serializers.DateTimeField(source="study.created_at")
    case_type = serializers.CharField(source="study.case_type")
    site = serializers.CharField(source="study.site.name")
    instances = InstanceOutput(many=True)


class StudyPriorsApi(APIView):
    policy = on_site("view_study")

    @extend_schema(
        tags=["studies"], summary="Earlier studies of the same patient, newest first", responses=PriorOutput(many=True)
    )
    def get(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id)
        priors = priors_of(study, user=request.user)
        shown = {"priors": [str(prior.study.id) for prior in priors]}
        study_access_record(Action.PRIORS_VIEWED, user=request.user, study=study, detail=shown)
        return Response(PriorOutput(priors, many=True).data)
