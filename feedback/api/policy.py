"""How a study is read, over HTTP: the blind read, second opinions, the time it took."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.policy import on_site
from feedback.api.policy_serializers import (
    CommitInput,
    ReadingStateOutput,
    ReadingTimeInput,
    ReadingTimeOutput,
    SecondOpinionInput,
    SecondOpinionOutput,
)
from feedback.reading_state import reading_state
from feedback.services.blind_reads import read_commit
from feedback.services.reading_time import reading_time_add
from feedback.services.second_reads import second_read_request
from imaging.access import study_access
from imaging.api.audited import study_access_record
from imaging.models import Study

REVIEW = "review_study"


class ReadingStateApi(APIView):
    """What is withheld from you, what you committed, second reads, discordances, the six clocks."""

    policy = on_site("view_study")

    @extend_schema(tags=["reads"], summary="How this study is read, for you", responses=ReadingStateOutput)
    def get(self, request: Request, study_id: UUID) -> Response:
        return Response(_state(request, study_access(user=request.user, study_id=study_id)))


class ReadCommitApi(APIView):
    """Blind first: your own findings and your impression are frozen, then the machine's output is shown to you."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"],
        summary="Commit your blind read",
        request=CommitInput,
        responses={201: ReadingStateOutput},
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id, permission=REVIEW)
        read_commit(reader=request.user, study_id=study_id, **validated(CommitInput, request.data))
        return Response(_state(request, study), status=201)


class SecondOpinionApi(APIView):
    """Key 3: this study needs somebody else's read, blind to yours."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"],
        summary="Ask for a second read by somebody else",
        request=SecondOpinionInput,
        responses={200: SecondOpinionOutput, 201: SecondOpinionOutput},
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = validated(SecondOpinionInput, request.data)
        row, created = second_read_request(reader=request.user, study_id=study_id, **asked)
        return Response(SecondOpinionOutput(row).data, status=201 if created else 200)


class ReadingTimeApi(APIView):
    """The page's pulse while a reader looks at the study."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"], summary="Add reading time, idle left out", request=ReadingTimeInput, responses=ReadingTimeOutput
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = validated(ReadingTimeInput, request.data)
        return Response(ReadingTimeOutput(reading_time_add(reader=request.user, study_id=study_id, **asked)).data)


def _state(request: Request, study: Study) -> dict[str, Any]:
    state = reading_state(request.user, study)
    study_access_record(Action.REVIEWS_VIEWED, user=request.user, study=study)
    return ReadingStateOutput(state).data
