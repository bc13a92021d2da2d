"""What readers do, over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.policy import on_site
from feedback.api.serializers import (
    BoxField,
    FindingAddInput,
    FindingReviewInput,
    ReadInput,
    ReadOutput,
    ReviewOutput,
    StudyReviewsOutput,
    UndoneOutput,
)
from feedback.models import FindingReview, Read, Verdict
from feedback.selectors import labels_of, reads_with_a_word, standing_reviews
from feedback.services import reads as services
from feedback.services.undo import read_undo, review_withdraw
from imaging.access import finding_access, study_access

REVIEW = "review_study"


def _validated(serializer: type[Serializer], data: Any) -> dict[str, Any]:
    asked = serializer(data=data)
    asked.is_valid(raise_exception=True)
    return asked.validated_data


def _read_answer(request: Request, read: Read) -> Response:
    context = {"reader_id": request.user.id, "standing": standing_reviews}
    return Response(ReadOutput(read, context=context).data)


class ReadConfirmApi(APIView):
    """Confirm: every positive finding stands as shown, and the read is signed."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"],
        summary="Confirm every positive finding as shown, and sign",
        request=ReadInput,
        responses=ReadOutput,
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = _validated(ReadInput, request.data)
        return _read_answer(request, services.read_confirm(reader=request.user, study_id=study_id, **asked))


class ReadSignApi(APIView):
    """Sign: the reviews and additions of the reader are final; what they left alone stays unreviewed."""

    policy = on_site(REVIEW)

    @extend_schema(tags=["reads"], summary="Sign what was reviewed and added", request=ReadInput, responses=ReadOutput)
    def post(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = _validated(ReadInput, request.data)
        return _read_answer(request, services.read_sign(reader=request.user, study_id=study_id, **asked))


class ReadUndoApi(APIView):
    """Undo the reader's own last act in this study."""

    policy = on_site(REVIEW)

    @extend_schema(tags=["reads"], summary="Take back your last act in a study", request=None, responses=UndoneOutput)
    def post(self, request: Request, study_id: UUID) -> Response:
        return Response(UndoneOutput(read_undo(reader=request.user, study_id=study_id)).data)


class StudyReviewsApi(APIView):
    """All readers' reads with the reviews that stand; a reader adds what the models missed."""

    policy = on_site("view_study").but(POST=on_site(REVIEW))

    @extend_schema(
        tags=["reads"], summary="Every reader's read, with the reviews that stand", responses=StudyReviewsOutput
    )
    def get(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id)
        answer = {
            "study_version": study.version,
            "labels": labels_of(study),
            "reads": list(reads_with_a_word(study)),
        }
        context = {"reader_id": request.user.id, "standing": standing_reviews}
        body = StudyReviewsOutput(answer, context=context).data
        record_access(
            Action.REVIEWS_VIEWED,
            organisation_id=study.organisation_id,
            actor=request.user,
            site_id=study.site_id,
            object_type="study",
            object_id=study.id,
            study_id=study.id,
            patient_ref=study.patient_id,
        )
        return Response(body)

    @extend_schema(
        tags=["reads"],
        summary="Add a finding that the models missed",
        request=FindingAddInput,
        responses={201: ReviewOutput},
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = _validated(FindingAddInput, request.data)
        box = BoxField.value(asked.pop("box"))
        review = services.finding_add(reader=request.user, study_id=study_id, box=box, **asked)
        return Response(ReviewOutput(review).data, status=201)


class FindingReviewApi(APIView):
    """A reader's verdict on one finding of a model."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"],
        summary="Confirm, correct or reject one finding",
        request=FindingReviewInput,
        responses={201: ReviewOutput},
    )
    def post(self, request: Request, finding_id: UUID) -> Response:
        finding_access(user=request.user, finding_id=finding_id, permission=REVIEW)
        review = _finding_review(request.user, finding_id, _validated(FindingReviewInput, request.data))
        return Response(ReviewOutput(review).data, status=201)


class ReviewApi(APIView):
    """Take back one review of one's own draft."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"], summary="Take back one review of your own draft", request=None, responses={204: None}
    )
    def delete(self, request: Request, review_id: UUID) -> Response:
        review_withdraw(reader=request.user, review_id=review_id)
        return Response(status=204)


def _finding_review(reader: Any, finding_id: UUID, asked: dict[str, Any]) -> FindingReview:
    common = {"reader": reader, "finding_id": finding_id, "second_read": asked["second_read"]}
    if asked["verdict"] == Verdict.CONFIRMED:
        return services.finding_confirm(**common)
    if asked["verdict"] == Verdict.REJECTED:
        return services.finding_reject(**common, comment=asked["comment"])
    box = BoxField.value(asked["box"])
    return services.finding_correct(**common, label=asked["label"], box=box, comment=asked["comment"])
