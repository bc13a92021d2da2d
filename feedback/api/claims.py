"""Insurance claims over HTTP. Lists, claims and sheets are audited before they leave."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import site_access
from accounts.api.files import attachment
from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.live import latest_sequence
from accounts.policy import any_site, on_site
from feedback.api import claims_serializers as shapes
from feedback.claims.groups import groups_of, groups_write
from feedback.claims.lane import ClaimFilter, claims_page
from feedback.claims.values import Group
from feedback.services.insurance_claims import (
    claim_decision,
    claim_sheet,
    claim_table,
    claim_view,
    film_verdict_write,
)
from imaging.access import claim_access, film_match_access, study_access
from imaging.services.film_matches import film_matches_look
from imaging.services.insurance_claims import BilledProcedure, claim_bill, claim_open, study_claim_change

TAGS = ["claims"]


def _page(request: Request, wanted: ClaimFilter, cursor: str = "") -> Response:
    """The sequence number is taken before the rows are read: an event in between is heard twice, never missed."""
    user = request.user
    sequence = latest_sequence(user.organisation_id)
    page = claims_page(user, wanted, after=shapes.cursor_position(cursor))
    record_access(
        Action.CLAIMS_LISTED,
        organisation_id=user.organisation_id,
        actor=user,
        object_type="claim_list",
        detail={
            "state": wanted.state,
            "flagged": wanted.flagged,
            "searched_by_number": bool(wanted.number),
            "claims": [str(row.id) for row in page.rows],
        },
    )
    answer = {"sequence": sequence, "next": shapes.cursor_text(page.end), "counts": page.counts, "results": page.rows}
    return Response(shapes.ClaimListOutput(answer).data)


class ClaimListApi(APIView):
    policy = any_site("view_claims")

    @extend_schema(
        operation_id="claims_list",
        tags=TAGS,
        summary="Insurance claims, longest waiting first",
        parameters=[shapes.ClaimQuery],
        responses=shapes.ClaimListOutput,
    )
    def get(self, request: Request) -> Response:
        asked = validated(shapes.ClaimQuery, request.query_params)
        wanted = ClaimFilter(
            state=asked["state"], flagged=asked["flagged"], site_id=asked["site"], claim_ids=asked["ids"] or ()
        )
        return _page(request, wanted, asked["cursor"])

    @extend_schema(
        tags=TAGS,
        summary="Open the claim of a number at a site; the one that is there when there is one",
        request=shapes.ClaimOpenInput,
        responses={200: shapes.ClaimBriefOutput},
    )
    def post(self, request: Request) -> Response:
        asked = validated(shapes.ClaimOpenInput, request.data)
        site = site_access(user=request.user, site_id=asked["site"], permission="view_claims")
        claim = claim_open(site=site, number=asked["claim_number"], actor=request.user)
        return Response(shapes.ClaimBriefOutput(claim).data)


class ClaimSearchApi(APIView):
    """A POST, so that the number stands in no address and in no log."""

    policy = any_site("view_claims")

    @extend_schema(
        tags=TAGS,
        summary="Claims of exactly this number",
        request=shapes.ClaimSearchInput,
        responses=shapes.ClaimListOutput,
    )
    def post(self, request: Request) -> Response:
        asked = validated(shapes.ClaimSearchInput, request.data)
        return _page(request, ClaimFilter(state="all", number=asked["claim_number"]))


class ClaimApi(APIView):
    policy = on_site("view_claims")

    @extend_schema(tags=TAGS, summary="One claim, with what its films show", responses=shapes.ClaimOutput)
    def get(self, request: Request, claim_id: UUID) -> Response:
        sequence = latest_sequence(request.user.organisation_id)
        dossier = claim_view(user=request.user, claim_id=claim_id)
        return Response(shapes.ClaimOutput(_with(dossier, sequence)).data)


class ClaimProceduresApi(APIView):
    policy = on_site("view_claims")

    @extend_schema(
        tags=TAGS,
        summary="Write what is billed, in place of what was",
        request=shapes.ProceduresInput,
        responses=shapes.ClaimBriefOutput,
    )
    def put(self, request: Request, claim_id: UUID) -> Response:
        claim = claim_access(user=request.user, claim_id=claim_id)
        asked = validated(shapes.ProceduresInput, request.data)
        lines = [BilledProcedure(**line) for line in asked["procedures"]]
        claim = claim_bill(
            claim=claim, procedures=lines, actor=request.user, expected_version=asked["expected_version"]
        )
        return Response(shapes.ClaimBriefOutput(claim).data)


class ClaimDecisionApi(APIView):
    policy = on_site("decide_claims")

    @extend_schema(
        tags=TAGS,
        summary="Accept, query or deny",
        request=shapes.DecisionInput,
        responses=shapes.ClaimBriefOutput,
    )
    def post(self, request: Request, claim_id: UUID) -> Response:
        claim_access(user=request.user, claim_id=claim_id, permission="decide_claims")
        asked = validated(shapes.DecisionInput, request.data)
        claim = claim_decision(user=request.user, claim_id=claim_id, **asked)
        return Response(shapes.ClaimBriefOutput(claim).data)


class ClaimSheetApi(APIView):
    """Films, findings by tooth, what supports what is billed, likenesses, decision, models, audit reference."""

    policy = on_site("decide_claims")

    @extend_schema(
        tags=TAGS, summary="The decision sheet, PDF", responses={(200, "application/pdf"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, claim_id: UUID) -> HttpResponse:
        pdf = claim_sheet(user=request.user, claim_id=claim_id)
        return attachment(pdf, "application/pdf", f"claim-{claim_id.hex[:8]}.pdf")


class ClaimTableApi(APIView):
    policy = on_site("decide_claims")

    @extend_schema(tags=TAGS, summary="The claim as a table, CSV", responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, claim_id: UUID) -> HttpResponse:
        text = claim_table(user=request.user, claim_id=claim_id)
        return attachment(text.encode(), "text/csv; charset=utf-8", f"claim-{claim_id.hex[:8]}.csv")


class FilmWordApi(APIView):
    policy = on_site("decide_claims")

    @extend_schema(
        tags=TAGS,
        summary="Say whether two films are the same",
        request=shapes.FilmWordInput,
        responses={201: shapes.FilmWordInput},
    )
    def post(self, request: Request, match_id: UUID) -> Response:
        film_match_access(user=request.user, match_id=match_id, permission="decide_claims")
        asked = validated(shapes.FilmWordInput, request.data)
        verdict = film_verdict_write(user=request.user, match_id=match_id, **asked)
        return Response(shapes.FilmWordInput(verdict).data, status=201)


class StudyClaimApi(APIView):
    """A study that came in without its claim number, or with a wrong one."""

    policy = on_site("view_claims")

    @extend_schema(
        tags=TAGS,
        summary="Move a study under the claim of a number, or under none",
        request=shapes.StudyClaimInput,
        responses={200: shapes.ClaimBriefOutput, 204: None},
    )
    def put(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id, permission="view_claims")
        asked = validated(shapes.StudyClaimInput, request.data)
        known = claim_access(user=request.user, claim_id=asked["claim_id"]) if asked["claim_id"] else None
        claim = study_claim_change(study=study, number=asked["claim_number"], claim=known, actor=request.user)
        if claim is None:
            return Response(status=204)
        study.refresh_from_db()
        film_matches_look(study)
        claim.refresh_from_db()
        return Response(shapes.ClaimBriefOutput(claim).data)


class ProcedureGroupsApi(APIView):
    """The organisation's table: which findings support a group of procedure codes."""

    policy = any_site("view_claims").but(PUT=any_site("decide_claims"))

    @extend_schema(tags=TAGS, summary="Groups of procedure codes", responses=shapes.GroupsField)
    def get(self, request: Request) -> Response:
        return Response(shapes.GroupsField({"groups": groups_of(request.user.organisation_id)}).data)

    @extend_schema(tags=TAGS, summary="Write the whole table", request=shapes.GroupsField, responses=shapes.GroupsField)
    def put(self, request: Request) -> Response:
        asked = validated(shapes.GroupsField, request.data)
        groups = [
            Group(**{**group, "supporting": tuple(group["supporting"]), "contradicting": tuple(group["contradicting"])})
            for group in asked["groups"]
        ]
        return Response(shapes.GroupsField({"groups": groups_write(groups, actor=request.user)}).data)


def _with(dossier: Any, sequence: int) -> dict[str, Any]:
    return {**{name: getattr(dossier, name) for name in dossier.__slots__}, "sequence": sequence}
