"""Studies over REST: list, detail, findings, what can be done to them, and what happened since."""

import secrets
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import site_access, sites_with
from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.errors import InvalidInput
from accounts.live import events_after, latest_sequence
from accounts.models import Site, User
from accounts.policy import any_site, on_site
from imaging.access import study_access
from imaging.api.audited import study_access_record
from imaging.api.finding_outputs import FindingOutput
from imaging.api.inputs import EventsInput, RerunInput, SampleInput, StudyListInput
from imaging.api.outputs import EventsOutput, StudyDetailOutput, StudyOutput, UploadOutput
from imaging.disclosure import BLIND_FIRST, disclosure_context, machine_output_hidden
from imaging.phantom import PhantomHeader, chest_phantom, phantom_dicom
from imaging.selectors import StudyFilter, current_findings, studies_filtered, study_detail
from imaging.services.inference import inference_cancel, inference_rerun
from imaging.services.intake import study_receive_bytes
from imaging.services.retention import study_erase


class NewestFirst(CursorPagination):
    """By arrival; a study that arrives meanwhile shifts no page."""

    ordering = ("-created_at", "id")
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class StudyListApi(APIView):
    policy = any_site("view_study")

    @extend_schema(
        tags=["studies"],
        summary="Studies you may see, newest first",
        parameters=[StudyListInput],
        responses=StudyOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        wanted = validated(StudyListInput, request.query_params)
        studies = studies_filtered(request.user, StudyFilter(**{_FILTERS.get(k, k): v for k, v in wanted.items()}))
        paginator = NewestFirst()
        page = paginator.paginate_queryset(studies, request, view=self)
        record_access(
            Action.STUDY_LISTED,
            organisation_id=request.user.organisation_id,
            actor=request.user,
            object_type="study_list",
            detail={"studies": [str(study.id) for study in page], "by_patient_id": "patient_id" in wanted},
        )
        context = disclosure_context(request.user, page)
        return paginator.get_paginated_response(StudyOutput(page, many=True, context=context).data)


class StudyDetailApi(APIView):
    policy = on_site("view_study").but(DELETE=on_site("delete_study"))

    @extend_schema(tags=["studies"], summary="One study with its patient and images", responses=StudyDetailOutput)
    def get(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id)
        study_access_record(Action.STUDY_VIEWED, user=request.user, study=study)
        return Response(StudyDetailOutput(study_detail(study), context=disclosure_context(request.user, [study])).data)

    @extend_schema(tags=["studies"], summary="Delete a study and its images for good", responses={204: None})
    def delete(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id, permission="delete_study")
        study_erase(study=study, actor=request.user)
        return Response(status=204)


class StudyFindingsApi(APIView):
    policy = on_site("view_study")

    @extend_schema(
        tags=["findings"],
        summary="What the models say, positive first",
        description='Where the site reads blind first and you have not committed: {"withheld": "blind_first", '
        '"findings": []}, which says nothing of what there is.',
        responses=FindingOutput(many=True),
    )
    def get(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id)
        if machine_output_hidden(request.user, study):
            return Response({"withheld": BLIND_FIRST, "findings": []})
        study_access_record(Action.FINDINGS_VIEWED, user=request.user, study=study)
        return Response(FindingOutput(current_findings(study), many=True).data)


class StudyRerunApi(APIView):
    policy = on_site("run_inference")

    @extend_schema(
        tags=["studies"],
        summary="Analyse again, as another case type where one is given",
        request=RerunInput,
        responses=StudyOutput,
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        wanted = validated(RerunInput, request.data)
        study = study_access(user=request.user, study_id=study_id, permission="run_inference")
        inference_rerun(study=study, actor=request.user, case_type=wanted.get("case_type"))
        return Response(StudyOutput(study_detail(study), context=disclosure_context(request.user, [study])).data)


class StudyCancelApi(APIView):
    policy = on_site("cancel_inference")

    @extend_schema(tags=["studies"], summary="Cancel what waits or runs", request=None, responses=StudyOutput)
    def post(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id, permission="cancel_inference")
        inference_cancel(study=study, actor=request.user)
        return Response(StudyOutput(study_detail(study), context=disclosure_context(request.user, [study])).data)


class StudySampleApi(APIView):
    policy = any_site("upload_study")

    @extend_schema(
        tags=["studies"],
        summary="Add a synthetic chest phantom, another one every time",
        request=SampleInput,
        responses={201: UploadOutput},
    )
    def post(self, request: Request) -> Response:
        site = _sample_site(request.user, validated(SampleInput, request.data).get("site"))
        outcome = study_receive_bytes(
            site=site, actor=request.user, data=_sample(), file_name="synthetic-chest.dcm", synthetic=True
        )
        context = disclosure_context(request.user, [outcome.study])
        return Response(UploadOutput(outcome, context=context).data, status=201)


class EventListApi(APIView):
    policy = any_site("view_study")

    @extend_schema(
        tags=["events"],
        summary="What happened after an event, oldest first, at most 500",
        parameters=[EventsInput],
        responses=EventsOutput,
    )
    def get(self, request: Request) -> Response:
        after = validated(EventsInput, request.query_params)["after"]
        latest = latest_sequence(request.user.organisation_id)
        events = events_after(request.user, after)
        return Response(EventsOutput({"latest": latest, "events": events}).data)


_FILTERS = {"site": "site_id"}


def _sample_site(user: User, site_id: UUID | None) -> Site:
    if site_id is not None:
        return site_access(user=user, site_id=site_id, permission="upload_study")
    site = sites_with(user, "upload_study").order_by("created_at").first()
    if site is None:
        raise InvalidInput("There is no site where you may send studies.", code="site_missing")
    return site


def _sample() -> bytes:
    """A phantom with UIDs under 2.25 (PS3.5 B.2) and a patient of its own."""
    number = secrets.randbits(120)
    header = PhantomHeader(
        study_instance_uid=f"2.25.{number}1",
        series_instance_uid=f"2.25.{number}2",
        sop_instance_uid=f"2.25.{number}3",
        patient_id=f"SYNTHETIC-{number % 10**8:08d}",
    )
    return phantom_dicom(chest_phantom(number % 2**32), header)
