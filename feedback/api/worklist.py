"""The worklist over HTTP. Every list is audited before it leaves."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.live import latest_sequence
from accounts.policy import any_site
from feedback.api.cursor import cursor_position, cursor_text
from feedback.api.serializers import (
    WorklistNextOutput,
    WorklistNextQuery,
    WorklistOutput,
    WorklistQuery,
    WorklistSearchInput,
)
from feedback.worklist import WorklistFilter, worklist_figures, worklist_next, worklist_page
from imaging.access import study_access


def _validated(serializer: type[Serializer], data: Any) -> dict[str, Any]:
    asked = serializer(data=data)
    asked.is_valid(raise_exception=True)
    return asked.validated_data


def _filter(asked: dict[str, Any]) -> WorklistFilter:
    return WorklistFilter(
        lane=asked["lane"],
        case_type=asked["case_type"],
        site_id=asked["site"],
        patient_id=asked.get("patient_id", ""),
        study_ids=asked["ids"] or (),
    )


def _answer(request: Request, asked: dict[str, Any]) -> Response:
    """The sequence number is taken before the rows are read: an event in between is heard twice, never missed."""
    reader, wanted = request.user, _filter(asked)
    sequence = latest_sequence(reader.organisation_id)
    page = worklist_page(reader, wanted, after=cursor_position(asked["cursor"]))
    answer = {
        "sequence": sequence,
        "next": cursor_text(page.end),
        "figures": worklist_figures(reader, wanted),
        "results": page.rows,
    }
    record_access(
        Action.STUDY_LISTED,
        organisation_id=reader.organisation_id,
        actor=reader,
        object_type="worklist",
        detail={
            "lane": wanted.lane,
            "searched_by_patient_id": bool(wanted.patient_id),
            "studies": [str(row.id) for row in page.rows],
        },
    )
    return Response(WorklistOutput(answer).data)


class WorklistApi(APIView):
    policy = any_site("view_study")

    @extend_schema(
        tags=["worklist"], summary="Studies to read, urgent first", parameters=[WorklistQuery], responses=WorklistOutput
    )
    def get(self, request: Request) -> Response:
        return _answer(request, _validated(WorklistQuery, request.query_params))


class WorklistSearchApi(APIView):
    """Exact search by patient id. A POST, so that the id stands in no address and in no log."""

    policy = any_site("view_study")

    @extend_schema(
        tags=["worklist"],
        summary="Studies of one patient, by exact patient id",
        request=WorklistSearchInput,
        responses=WorklistOutput,
    )
    def post(self, request: Request) -> Response:
        return _answer(request, _validated(WorklistSearchInput, request.data))


class WorklistNextApi(APIView):
    """The study to read after this one, in the order of the list."""

    policy = any_site("view_study")

    @extend_schema(
        tags=["worklist"],
        summary="The study after this one",
        parameters=[WorklistNextQuery],
        responses=WorklistNextOutput,
    )
    def get(self, request: Request) -> Response:
        asked = _validated(WorklistNextQuery, request.query_params)
        study = study_access(user=request.user, study_id=asked["after"])
        wanted = _filter(asked)
        following = worklist_next(request.user, wanted, study=study)
        record_access(
            Action.STUDY_LISTED,
            organisation_id=request.user.organisation_id,
            actor=request.user,
            object_type="worklist",
            detail={"lane": wanted.lane, "studies": [str(following.id)] if following else []},
        )
        waiting = worklist_figures(request.user, wanted).lanes[wanted.lane]
        return Response(WorklistNextOutput({"waiting": waiting, "next": following}).data)
