"""The worklist over HTTP. Every list is audited before it leaves."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.policy import any_site
from feedback.api.cursor import cursor_position, cursor_text
from feedback.api.worklist_serializers import (
    FilterFields,
    HandInput,
    HandOutput,
    WorklistNextOutput,
    WorklistNextQuery,
    WorklistOutput,
    WorklistQuery,
    WorklistSearchInput,
)
from feedback.services.leases import hand_release, hand_take
from feedback.worklist import rows_of_hand, worklist_answer, worklist_next
from feedback.worklist_figures import lane_count
from feedback.worklist_filter import WorklistFilter
from feedback.worklist_places import places_with
from feedback.worklist_rows import WorklistRow
from imaging.access import study_access

FILTERS = tuple(FilterFields().fields)


def _filter(asked: dict[str, Any]) -> WorklistFilter:
    given = {name: asked[name] for name in FILTERS if name not in ("site", "claim")}
    one_claim = isinstance(asked["claim"], UUID)
    return WorklistFilter(
        **given,
        site_id=asked["site"],
        claim="" if one_claim else asked["claim"],
        claim_id=asked["claim"] if one_claim else None,
        study_ids=asked.get("ids") or (),
        search=asked.get("search"),
    )


def _audit(request: Request, wanted: WorklistFilter, rows: Sequence[WorklistRow], **detail: Any) -> None:
    """What was searched for is not written down, only by which kind of identifier."""
    record_access(
        Action.STUDY_LISTED,
        organisation_id=request.user.organisation_id,
        actor=request.user,
        object_type="worklist",
        detail={"lane": wanted.lane, "studies": [str(row.id) for row in rows], **detail},
    )


def _answer(request: Request, asked: dict[str, Any]) -> Response:
    wanted = _filter(asked)
    answer = worklist_answer(request.user, wanted, after=cursor_position(asked["cursor"]))
    _audit(request, wanted, answer.page.rows, searched_by=wanted.search[0] if wanted.search else "")
    body = {
        "sequence": answer.figures.sequence,
        "next": cursor_text(answer.page.end),
        "figures": answer.figures,
        "results": answer.page.rows,
    }
    return Response(WorklistOutput(body).data)


class WorklistApi(APIView):
    policy = any_site("view_study")

    @extend_schema(
        tags=["worklist"],
        summary="Studies in the order in which they are read",
        parameters=[WorklistQuery],
        responses=WorklistOutput,
    )
    def get(self, request: Request) -> Response:
        return _answer(request, validated(WorklistQuery, request.query_params))


class WorklistSearchApi(APIView):
    """Exact search by an identifier. A POST, so that it stands in no address and in no log."""

    policy = any_site("view_study")

    @extend_schema(
        tags=["worklist"],
        summary="Studies of one patient, accession number, claim number or pseudonym, exactly",
        request=WorklistSearchInput,
        responses=WorklistOutput,
    )
    def post(self, request: Request) -> Response:
        return _answer(request, validated(WorklistSearchInput, request.data))


class WorklistNextApi(APIView):
    """The study to read after this one, in the order of the list. Nothing is leased: see the hand."""

    policy = any_site("view_study")

    @extend_schema(
        tags=["worklist"],
        summary="The study after this one",
        parameters=[WorklistNextQuery],
        responses=WorklistNextOutput,
    )
    def get(self, request: Request) -> Response:
        asked = validated(WorklistNextQuery, request.query_params)
        study, wanted = study_access(user=request.user, study_id=asked["after"]), _filter(asked)
        following = worklist_next(request.user, wanted, study=study)
        _audit(request, wanted, [following] if following else [])
        waiting = lane_count(request.user, wanted.lane, places_with(request.user, "view_study"))
        return Response(WorklistNextOutput({"waiting": waiting, "next": following}).data)


class WorklistHandApi(APIView):
    """The next best studies, leased to the caller; asking again renews the lease."""

    policy = any_site("review_study")

    @extend_schema(tags=["worklist"], summary="Take the next studies in hand", request=HandInput, responses=HandOutput)
    def post(self, request: Request) -> Response:
        asked = validated(HandInput, request.data)
        wanted = _filter(asked)
        chosen = {name: asked[name] for name in ("current", "size", "passed")}
        hand = hand_take(reader=request.user, wanted=wanted, **chosen)
        rows = rows_of_hand(hand.entries, reader=request.user, places=hand.places, as_of=hand.as_of)
        _audit(request, wanted, rows, hand=True)
        return Response(HandOutput({"waiting": hand.waiting, "hand": rows, "leased_until": hand.leased_until}).data)


class WorklistReleaseApi(APIView):
    policy = any_site("review_study")

    @extend_schema(tags=["worklist"], summary="Give back what is in hand", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        hand_release(reader=request.user)
        return Response(status=204)
