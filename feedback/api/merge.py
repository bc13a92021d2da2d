"""Two readers at once, over HTTP: both sides item by item, and what the caller takes over into their own read."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.policy import on_site
from feedback.api.merge_serializers import MergeInput, MergeOutput, MergeQuery
from feedback.api.reads import REVIEW, SECOND_READ, read_answer
from feedback.api.serializers import ReadOutput
from feedback.api.tags import expected_read, tagged
from feedback.services.disclosure import others_hidden
from feedback.services.merge import Sides, merge_sides, merge_take
from feedback.shown import read_tag
from imaging.access import study_access
from imaging.models import Study


class StudyMergeApi(APIView):
    """The caller's read beside another's. Nothing of the other's is ever written over."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"],
        summary="Your read beside another's, item by item",
        parameters=[MergeQuery],
        responses=MergeOutput,
    )
    def get(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = validated(MergeQuery, request.query_params)
        sides = merge_sides(reader=request.user, study=study, read_id=asked["read"])
        body = MergeOutput(_compared(request, study, sides)).data
        record_access(
            Action.READS_COMPARED,
            organisation_id=study.organisation_id,
            actor=request.user,
            site_id=study.site_id,
            object_type="read",
            object_id=sides.theirs.id if sides.theirs else None,
            study_id=study.id,
            patient_ref=study.patient_id,
        )
        return tagged(Response(body), body["read_tag"])

    @extend_schema(
        tags=["reads"], summary="Take over into your read what you chose", request=MergeInput, responses=ReadOutput
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = validated(MergeInput, request.data)
        read = merge_take(
            reader=request.user,
            study_id=study_id,
            read_id=asked["read"],
            choices={choice["key"]: choice["take"] for choice in asked["choices"]},
            expected_read=expected_read(request, asked),
        )
        return read_answer(request, read)


def _compared(request: Request, study: Study, sides: Sides) -> dict[str, Any]:
    hidden = others_hidden(request.user, study)
    return {
        "study_version": study.version,
        "read_tag": read_tag(study, request.user),
        "withheld": SECOND_READ if hidden else "",
        "mine": sides.mine,
        "theirs": sides.theirs,
        "others": sides.others,
        "items": [] if hidden else sides.items(),
    }
