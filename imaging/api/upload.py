"""POST /api/studies/upload/: one file as the body, or a form with files. Permission first, then the first byte."""

import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import site_access, sites_with
from accounts.errors import DomainError, InvalidInput, NotFound, StorageFull
from accounts.models import Site, User
from accounts.policy import any_site
from accounts.services.objects import ObjectWriter
from imaging.api.outputs import UploadOutput
from imaging.errors import QueueFull, UploadEncodingUnsupported, UploadMalformed, UploadTooLarge
from imaging.multipart import PartBegin, PartEnd, form_events
from imaging.services.intake import IntakeOutcome, study_receive, upload_refused_record

UPLOAD_PERMISSION = "upload_study"
UPLOAD_POLICY = any_site(UPLOAD_PERMISSION)
LONGEST_FIELD_BYTES = 1000
FORM_OVERHEAD_BYTES = 1024 * 1024

_slots = threading.BoundedSemaphore(settings.UPLOADS_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file: an outcome, or why it is refused."""

    file_name: str
    outcome: IntakeOutcome | None = None
    error: DomainError | None = None

    @property
    def status(self) -> int:
        if self.outcome is None:
            return self.error.status if self.error else 500
        return 201 if self.outcome.created else 200


@dataclass(slots=True)
class Destination:
    """Where the files go, as far as it is known yet, and who sends them."""

    actor: User
    site: Site | None = None
    case_type: str | None = None

    def site_or_only(self) -> Site:
        """The site that was named; without a name, the one where the sender may send.

        Raises:
            InvalidInput: there are several.
        """
        if self.site is None:
            sites = list(sites_with(self.actor, UPLOAD_PERMISSION)[:2])
            if len(sites) != 1:
                raise InvalidInput(
                    "Name the site: you may send to more than one.",
                    code="site_missing",
                    remedy="Send the site's id or code as X-Site, or as the form's field site before the file.",
                )
            self.site = sites[0]
        return self.site


@extend_schema(
    tags=["studies"],
    summary="Send one file, or a form with files",
    description=(
        "The body is the file itself (DICOM Part 10, PNG or JPEG), or multipart/form-data with the fields site and "
        "case_type before one or more files. 201: new; 200: the same bytes were here before; several files in one form "
        "are answered with 207 and a list."
    ),
    parameters=[
        OpenApiParameter("X-Site", str, OpenApiParameter.HEADER, description="id or code of the site"),
        OpenApiParameter("X-Case-Type", str, OpenApiParameter.HEADER, description="overrides what the file says"),
        OpenApiParameter("X-File-Name", str, OpenApiParameter.HEADER, description="percent-encoded UTF-8"),
    ],
    request={
        "application/octet-stream": bytes,
        "application/dicom": bytes,
        "multipart/form-data": {
            "type": "object",
            "properties": {
                "site": {"type": "string"},
                "case_type": {"type": "string"},
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
            return Response([_listed(verdict) for verdict in verdicts], status=207)
        if verdicts[0].error is not None:
            raise verdicts[0].error
        return Response(UploadOutput(verdicts[0].outcome).data, status=verdicts[0].status)


def _destination(request: Request) -> Destination:
    destination = Destination(actor=request.user, case_type=request.headers.get("X-Case-Type") or None)
    named = request.headers.get("X-Site") or request.query_params.get("site")
    if named:
        destination.site = _site_named(request.user, named)
    return destination


def _site_named(user: User, named: str) -> Site:
    """By id, or by the code that it has among the sites where the user may send."""
    try:
        site_id = UUID(named)
    except ValueError:
        site = sites_with(user, UPLOAD_PERMISSION).filter(code=named).first()
        if site is None:
            raise NotFound("There is no site of that name where you may send studies.", code="site_unknown") from None
        return site
    return site_access(user=user, site_id=site_id, permission=UPLOAD_PERMISSION)


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


class IncomingFile:
    """One file on its way into quarantine; whatever goes wrong, nothing of it stays."""

    def __init__(self, destination: Destination, name: str) -> None:
        self.site = destination.site_or_only()
        self.destination = destination
        self.name = file_name_of(name)
        self._writer = ObjectWriter(self.site.organisation_id, "original")
        self._finished = False

    def __enter__(self) -> "IncomingFile":
        return self

    def __exit__(self, *_: object) -> None:
        if not self._finished:
            self._writer.abort()

    def write(self, data: bytes) -> None:
        if self._writer.size_bytes + len(data) > settings.UPLOAD_LIMIT_BYTES:
            raise UploadTooLarge
        self._writer.write(data)

    def verdict(self) -> Verdict:
        """The file is complete: decode it, take it in."""
        stored = self._writer.finish()
        self._finished = True
        try:
            outcome = study_receive(
                site=self.site,
                actor=self.destination.actor,
                stored=stored,
                file_name=self.name,
                case_type=self.destination.case_type,
            )
        except DomainError as error:
            return Verdict(self.name, error=error)
        return Verdict(self.name, outcome=outcome)


@dataclass(slots=True)
class FormReceiver:
    """Fields first, then files; each file is taken in as soon as it is complete."""

    destination: Destination
    verdicts: list[Verdict] = field(default_factory=list)
    _incoming: IncomingFile | None = None
    _field: str = ""
    _value: bytes = b""

    def receive(self, chunks: Iterable[bytes], *, content_type: str) -> list[Verdict]:
        """Raises UploadMalformed when the form is damaged or holds no file."""
        try:
            for event in form_events(chunks, content_type=content_type):
                if isinstance(event, PartBegin):
                    self._begin(event)
                elif isinstance(event, PartEnd):
                    self._end()
                else:
                    self._data(event)
        finally:
            if self._incoming is not None:
                self._incoming.__exit__()
        if not self.verdicts:
            raise UploadMalformed("The form holds no file.")
        return self.verdicts

    def _begin(self, part: PartBegin) -> None:
        if part.file_name is not None:
            self._incoming = IncomingFile(self.destination, part.file_name)
        self._field, self._value = part.name, b""

    def _data(self, data: bytes) -> None:
        if self._incoming is not None:
            self._incoming.write(data)
            return
        self._value += data
        if len(self._value) > LONGEST_FIELD_BYTES:
            raise UploadMalformed("A field of the form is too long.")

    def _end(self) -> None:
        if self._incoming is not None:
            incoming, self._incoming = self._incoming, None
            with incoming:
                self.verdicts.append(incoming.verdict())
            return
        value = self._value.decode("utf-8", "replace").strip()
        if self._field == "case_type":
            self.destination.case_type = value or None
        elif self._field == "site" and value:
            self.destination.site = _site_named(self.destination.actor, value)


def file_name_of(text: str) -> str:
    """The last part of a path, without control characters, at most 255 characters."""
    name = text.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:255]


def _listed(verdict: Verdict) -> dict[str, Any]:
    """One entry of the answer to a form with several files."""
    head = {"file_name": verdict.file_name, "http_status": verdict.status}
    if verdict.outcome is None:
        return {**head, "error": verdict.error.as_dict() if verdict.error else None}
    return {**head, **UploadOutput(verdict.outcome).data}
