"""What readers do, over HTTP: parse, call one service, answer.

Every answer to an act carries the new tag of the reads (ETag); an act with a stale If-Match is refused with 412.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.policy import on_site
from feedback.api.serializers import (
    ChangeInput,
    ExpectedReadInput,
    FindingAddInput,
    FindingReviewInput,
    ReadInput,
    ReadOutput,
    ReviewOutput,
    ReviseInput,
    StudyReviewsOutput,
    UndoneOutput,
)
from feedback.api.tags import expected_read, tag_asked, tagged, tagged_with_read
from feedback.models import FindingReview, Read, Verdict
from feedback.selectors import labels_of, standing_reviews, vocabulary_of
from feedback.services import reads as services
from feedback.services.disclosure import others_hidden
from feedback.services.undo import read_undo
from feedback.shown import read_tag, reads_shown_to
from feedback.vocabulary import labels_for
from imaging.access import finding_access, study_access
from imaging.api.audited import study_access_record
from imaging.disclosure import machine_output_hidden
from imaging.models import Study

REVIEW = "review_study"
SECOND_READ = "second_read"


def read_answer(request: Request, read: Read) -> Response:
    tag = read_tag(read.study, request.user)
    context = {"reader_id": request.user.id, "standing": standing_reviews, "read_tag": tag}
    return tagged(Response(ReadOutput(read, context=context).data), tag)


def review_answer(request: Request, review: FindingReview, *, status: int) -> Response:
    return tagged_with_read(Response(ReviewOutput(review).data, status=status), review.read.study, request.user)


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
        asked = validated(ReadInput, request.data)
        asked["expected_read"] = expected_read(request, asked)
        return read_answer(request, services.read_confirm(reader=request.user, study_id=study_id, **asked))


class ReadSignApi(APIView):
    """Sign: the reviews and additions of the reader are final; what they left alone stays unreviewed."""

    policy = on_site(REVIEW)

    @extend_schema(tags=["reads"], summary="Sign what was reviewed and added", request=ReadInput, responses=ReadOutput)
    def post(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = validated(ReadInput, request.data)
        asked["expected_read"] = expected_read(request, asked)
        return read_answer(request, services.read_sign(reader=request.user, study_id=study_id, **asked))


class ReadUndoApi(APIView):
    """Undo the reader's own last act in this study."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"], summary="Take back your last act in a study", request=ExpectedReadInput, responses=UndoneOutput
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id, permission=REVIEW)
        expected = expected_read(request, validated(ExpectedReadInput, request.data))
        undone = read_undo(reader=request.user, study_id=study_id, expected_read=expected)
        tag = read_tag(study, request.user)
        body = {"act": undone.act, "reviews": undone.reviews, "read_tag": tag}
        return tagged(Response(UndoneOutput(body).data), tag)


class StudyReviewsApi(APIView):
    """The reads that the caller may see, with the reviews that stand; a reader adds what the models missed."""

    policy = on_site("view_study").but(POST=on_site(REVIEW))

    @extend_schema(
        tags=["reads"], summary="Every read that you may see, with the reviews that stand", responses=StudyReviewsOutput
    )
    def get(self, request: Request, study_id: UUID) -> Response:
        study = study_access(user=request.user, study_id=study_id)
        answer = _reviews_of(study, request.user)
        context = {"reader_id": request.user.id, "standing": standing_reviews, "read_tag": answer["read_tag"]}
        body = StudyReviewsOutput(answer, context=context).data
        study_access_record(Action.REVIEWS_VIEWED, user=request.user, study=study)
        return tagged(Response(body), answer["read_tag"])

    @extend_schema(
        tags=["reads"],
        summary="Add a finding that the models missed",
        request=FindingAddInput,
        responses={201: ReviewOutput},
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        asked = validated(FindingAddInput, request.data)
        wanted = ChangeInput.wanted(asked)
        review = services.finding_add(
            reader=request.user,
            study_id=study_id,
            instance_id=asked["instance_id"],
            frame=asked["frame"],
            label=asked["label"],
            box=wanted.box,
            details=wanted.details,
            comment=wanted.comment or "",
            second_read=asked["second_read"],
            expected_read=expected_read(request, asked),
        )
        return review_answer(request, review, status=201)


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
        asked = validated(FindingReviewInput, request.data)
        asked["expected_read"] = expected_read(request, asked)
        return review_answer(request, _finding_review(request.user, finding_id, asked), status=201)


class ReviewApi(APIView):
    """Change or take back one review of one's own draft."""

    policy = on_site(REVIEW)

    @extend_schema(
        tags=["reads"],
        summary="Change one review of your own draft: move, resize, relabel, grade",
        request=ReviseInput,
        responses=ReviewOutput,
    )
    def patch(self, request: Request, review_id: UUID) -> Response:
        asked = validated(ReviseInput, request.data)
        wanted, expected = ChangeInput.wanted(asked), expected_read(request, asked)
        review = services.review_revise(reader=request.user, review_id=review_id, wanted=wanted, expected_read=expected)
        return review_answer(request, review, status=200)

    @extend_schema(
        tags=["reads"], summary="Take back one review of your own draft", request=None, responses={204: None}
    )
    def delete(self, request: Request, review_id: UUID) -> Response:
        removed = services.review_remove(reader=request.user, review_id=review_id, expected_read=tag_asked(request))
        return tagged_with_read(Response(status=204), removed.read.study, request.user)


def _reviews_of(study: Study, user: Any) -> dict[str, Any]:
    """While the machine's output is withheld, its own labels are too: what a reader may say is the vocabulary."""
    labels = labels_for(study.case_type, ()) if machine_output_hidden(user, study) else labels_of(study)
    return {
        "study_version": study.version,
        "read_tag": read_tag(study, user),
        "withheld": SECOND_READ if others_hidden(user, study) else "",
        "vocabulary": vocabulary_of(study, labels),
        "labels": labels,
        "reads": list(reads_shown_to(user, study)),
    }


def _finding_review(reader: Any, finding_id: UUID, asked: dict[str, Any]) -> FindingReview:
    wanted = ChangeInput.wanted(asked)
    common = {name: asked[name] for name in ("second_read", "expected_read")}
    common |= {"reader": reader, "finding_id": finding_id}
    if asked["verdict"] == Verdict.CONFIRMED:
        return services.finding_confirm(**common, comment=wanted.comment or "")
    if asked["verdict"] == Verdict.REJECTED:
        reason = wanted.details.reason_code or ""
        return services.finding_reject(**common, reason_code=reason, comment=wanted.comment or "")
    change = {"label": wanted.label, "box": wanted.box, "details": wanted.details, "comment": wanted.comment}
    return services.finding_correct(**common, **change)
