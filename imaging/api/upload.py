"""POST /api/studies/upload/: one file as the body, or a form with files. Permission first, then the first byte."""

import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.core.files.storage import storages
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import StorageFull
from accounts.models import User
from accounts.policy import any_site
from imaging.api.outputs import UploadOutput
from imaging.disclosure import disclosure_context
from imaging.errors import QueueFull, UploadEncodingUnsupported, UploadMalformed, UploadTooLarge
from imaging.incoming import UPLOAD_PERMISSION, Destination, FormReceiver, IncomingFile, Verdict, site_named
from imaging.services.intake import upload_refused_record

UPLOAD_POLICY = any_site(UPLOAD_PERMISSION)
FORM_OVERHEAD_BYTES = 1024 * 1024

_slots = threading.BoundedSemaphore(settings.UPLOADS_AT_ONCE)


@extend_schema(
    tags=["studies"],
    summary="Send one file, or a form with files",
    description=(
        "The body is the file itself (DICOM Part 10, PNG or JPEG), or multipart/form-data with the fields site, "
        "case_type and claim_number before one or more files. 201: new; 200: the same bytes were here before; several "
        "files in one form are answered with 207 and a list."
    ),
    parameters=[
        OpenApiParameter("X-Site", str, OpenApiParameter.HEADER, description="id or code of the site"),
        OpenApiParameter("X-Case-Type", str, OpenApiParameter.HEADER, description="overrides what the file says"),
        OpenApiParameter("X-File-Name", str, OpenApiParameter.HEADER, description="percent-encoded UTF-8"),
        OpenApiParameter("X-Claim-Number", str, OpenApiParameter.HEADER, description="percent-encoded UTF-8"),
    ],
    request={
        "application/octet-stream": bytes,
        "application/dicom": bytes,
        "multipart/form-data": {
            "type": "object",
            "properties": {
                "site": {"type": "string"},
                "case_type": {"type": "string"},
                "claim_number": {"type": "string"},
                "file": {"type": "string", "format": "binary"},
            },
        },
    },
    responses={201: UploadOutput, 200: UploadOutput, 207: OpenApiResponse(UploadOutput(many=True))},
)
class StudyUploadApi(APIView):
    """Reached through imaging/upload.py alone, which carries the body past Django."""

    policy = UPLOAD_POLICY
    parser_classes = ()

    def post(self, request: Request) -> Response:
        body = getattr(request._request, "upload_body", None)
        if body is None:
            raise UploadMalformed("This server does not stream uploads: nothing was read.", code="not_streaming")
        destination = _destination(request)
        with _admitted(body):
            verdicts = _received(request, body, destination)
        if len(verdicts) != 1:
            return Response([_listed(verdict, request.user) for verdict in verdicts], status=207)
        if verdicts[0].error is not None:
            raise verdicts[0].error
        return Response(_received_output(verdicts[0], request.user), status=verdicts[0].status)


def _destination(request: Request) -> Destination:
    number = unquote(request.headers.get("X-Claim-Number", ""), errors="replace")
    case_type = request.headers.get("X-Case-Type") or None
    destination = Destination(actor=request.user, case_type=case_type, claim_number=number)
    named = request.headers.get("X-Site") or request.query_params.get("site")
    if named:
        destination.site = site_named(request.user, named)
    return destination


@contextmanager
def _admitted(body: Any) -> Iterator[None]:
    """Everything that can refuse an upload before its first byte is read."""
    if body.content_encoding != "identity":
        raise UploadEncodingUnsupported
    declared = body.declared_bytes or 0
    if declared > settings.UPLOAD_LIMIT_BYTES + (FORM_OVERHEAD_BYTES if _is_form(body) else 0):
        raise UploadTooLarge
    if _free_bytes() - declared < settings.STORAGE_FREE_BYTES_AT_LEAST:
        raise StorageFull
    if not _slots.acquire(blocking=False):
        raise QueueFull
    try:
        yield
    finally:
        _slots.release()


def _free_bytes() -> int:
    """Room where the images lie; without end where that is not a folder of this machine."""
    location = getattr(storages["images"], "location", None)
    if location is None:
        return 2**63
    folder = Path(location)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _is_form(body: Any) -> bool:
    return str(body.content_type).partition(";")[0].strip().lower().startswith("multipart/")


def _received(request: Request, body: Any, destination: Destination) -> list[Verdict]:
    chunks = _counted(body.chunks(), limit=settings.UPLOAD_LIMIT_BYTES + (FORM_OVERHEAD_BYTES if _is_form(body) else 0))
    try:
        if _is_form(body):
            return FormReceiver(destination).receive(chunks, content_type=body.content_type)
        name = unquote(request.headers.get("X-File-Name", ""), errors="replace")
        incoming = IncomingFile(destination, name)
        with incoming:
            for chunk in chunks:
                incoming.write(chunk)
            return [incoming.verdict()]
    except (UploadTooLarge, UploadMalformed) as error:
        if destination.site is not None:
            detail = {"code": error.code}
            upload_refused_record(site=destination.site, actor=destination.actor, detail=detail)
        raise


def _counted(chunks: Iterable[bytes], *, limit: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise UploadTooLarge
        yield chunk


def _received_output(verdict: Verdict, user: User) -> dict[str, Any]:
    study = verdict.outcome.study  # type: ignore[union-attr]
    return dict(UploadOutput(verdict.outcome, context=disclosure_context(user, [study])).data)


def _listed(verdict: Verdict, user: User) -> dict[str, Any]:
    """One entry of the answer to a form with several files."""
    head = {"file_name": verdict.file_name, "http_status": verdict.status}
    if verdict.outcome is None:
        return {**head, "error": verdict.error.as_dict() if verdict.error else None}
    return {**head, **_received_output(verdict, user)}
