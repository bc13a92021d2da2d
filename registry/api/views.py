"""Model versions and routes over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import site_access, sites_with
from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.policy import any_site
from registry.api.outputs import ModelVersionOutput, RouteOutput, RouteSetInput
from registry.listing import evidence_by_version
from registry.overview import models_overview
from registry.selectors import routes_of_sites, versions_all
from registry.services.routes import route_set


class ModelListApi(APIView):
    policy = any_site("view_models")

    @extend_schema(
        tags=["models"], summary="Every model version with its evidence", responses=ModelVersionOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        _viewed(request)
        context = {"evidence": evidence_by_version(models_overview(_site_ids(request), retired=True))}
        return Response(ModelVersionOutput(versions_all(), many=True, context=context).data)


class RouteListApi(APIView):
    policy = any_site("view_models").but(PUT=any_site("manage_models"))

    @extend_schema(tags=["models"], summary="Which versions look at which case type", responses=RouteOutput(many=True))
    def get(self, request: Request) -> Response:
        _viewed(request)
        return Response(RouteOutput(_routes(request), many=True).data)

    @extend_schema(
        tags=["models"],
        summary="Set a site's own route for a case type; an empty list lets the general route hold again",
        request=RouteSetInput,
        responses=RouteOutput(many=True),
    )
    def put(self, request: Request) -> Response:
        wanted = validated(RouteSetInput, request.data)
        site = site_access(user=request.user, site_id=wanted["site"], permission="manage_models")
        route_set(
            case_type=wanted["case_type"],
            version_ids=wanted["versions"],
            site=site,
            actor=request.user,
            unmeasured_reason=wanted["unmeasured_reason"],
        )
        return Response(RouteOutput(_routes(request), many=True).data)


def _routes(request: Request) -> list[Any]:
    return routes_of_sites(_site_ids(request))


def _site_ids(request: Request) -> list[UUID]:
    return list(sites_with(request.user, "view_models").values_list("id", flat=True))


def _viewed(request: Request) -> None:
    record_access(
        Action.MODEL_VIEWED,
        organisation_id=request.user.organisation_id,
        actor=request.user,
        object_type="model_version",
    )
