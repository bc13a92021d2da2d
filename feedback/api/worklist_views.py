"""Saved views of the worklist over HTTP: each reader's own."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import validated
from accounts.policy import any_site
from feedback.api.worklist_serializers import FilterFields, SavedViewInput, SavedViewOutput, SavedViewsOutput
from feedback.services.worklist_views import view_delete, view_save, views_of


class WorklistViewsApi(APIView):
    policy = any_site("view_study")

    @extend_schema(tags=["worklist"], summary="Your saved views", responses=SavedViewsOutput)
    def get(self, request: Request) -> Response:
        return Response(SavedViewsOutput({"results": views_of(request.user)}).data)

    @extend_schema(tags=["worklist"], summary="Save a view", request=SavedViewInput, responses={201: SavedViewOutput})
    def post(self, request: Request) -> Response:
        asked = validated(SavedViewInput, request.data)
        view = view_save(user=request.user, name=asked["name"], filters=_as_given(request))
        return Response(SavedViewOutput(view).data, status=201)


class WorklistViewApi(APIView):
    policy = any_site("view_study")

    @extend_schema(tags=["worklist"], summary="Delete a saved view", responses={204: None})
    def delete(self, request: Request, view_id: UUID) -> Response:
        view_delete(user=request.user, view_id=view_id)
        return Response(status=204)


def _as_given(request: Request) -> dict[str, str]:
    """The filters that we know, as they stand in an address; they were checked before."""
    given = request.data["filters"]
    return {name: str(given[name]) for name in FilterFields().fields if given.get(name) not in ("", None)}
