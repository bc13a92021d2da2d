"""The page's unsent work, over HTTP: GET on opening, PUT every few seconds while something changes, DELETE."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import validated
from accounts.audit.actions import Action
from accounts.policy import on_site
from feedback.api.draft_serializers import DraftInput, DraftOutput, DraftSavedOutput
from feedback.api.reads import REVIEW
from feedback.api.tags import tag_asked, tagged
from feedback.errors import ReadChanged
from feedback.models import ReadDraft
from feedback.services.autosave import content_of, draft_discard, draft_of_page, draft_save
from imaging.access import study_access
from imaging.api.audited import study_access_record


class StudyDraftApi(APIView):
    """The caller's own unsent work on a study; nobody else ever sees it."""

    policy = on_site(REVIEW)

    @extend_schema(tags=["reads"], summary="Your unsent work on a study", responses=DraftOutput)
    def get(self, request: Request, study_id: UUID) -> Response:
        draft = draft_of_page(reader=request.user, study_id=study_id)
        if draft is None:
            return Response({"draft": None})
        _viewed(request, draft)
        return tagged(Response({"draft": _stored(draft)}), draft.tag)

    @extend_schema(
        tags=["reads"],
        summary="Keep your unsent work; If-Match names the content that it follows",
        request=DraftInput,
        responses={200: DraftSavedOutput, 412: DraftOutput},
    )
    def put(self, request: Request, study_id: UUID) -> Response:
        study_access(user=request.user, study_id=study_id, permission=REVIEW)
        validated(DraftInput, request.data)
        content, settled = request.data["content"], request.data.get("settled") is True
        expected = tag_asked(request)
        saved = draft_save(reader=request.user, study_id=study_id, content=content, expected=expected, settled=settled)
        if saved.refused:
            return self._refused(request, study_id, content)
        return tagged(Response(DraftSavedOutput(saved).data), saved.tag)

    @extend_schema(tags=["reads"], summary="Discard your unsent work", request=None, responses={204: None})
    def delete(self, request: Request, study_id: UUID) -> Response:
        draft_discard(reader=request.user, study_id=study_id, expected=tag_asked(request))
        return Response(status=204)

    def _refused(self, request: Request, study_id: UUID, content: dict[str, Any]) -> Response:
        """Both versions, in the one shape of errors; the stored one is audited before it leaves."""
        draft = draft_of_page(reader=request.user, study_id=study_id)
        if draft is not None:
            _viewed(request, draft)
        details = {
            "stored": content_of(draft.content) if draft else None,
            "refused": content,
            "tag": str(draft.tag) if draft else None,
        }
        body = ReadChanged(
            "This work was changed in another tab. Both versions are kept.", remedy="Choose which one to go on with."
        ).as_dict()
        return tagged(Response({**body, "details": details}, status=ReadChanged.status), draft.tag if draft else None)


def _stored(draft: ReadDraft) -> dict[str, Any]:
    return {
        "content": content_of(draft.content),
        "tag": str(draft.tag),
        "saved_at": draft.saved_at,
        "refused": content_of(draft.refused),
        "refused_at": draft.refused_at,
    }


def _viewed(request: Request, draft: ReadDraft) -> None:
    study_access_record(
        Action.DRAFT_VIEWED, user=request.user, study=draft.study, object_type="draft", object_id=draft.id
    )
