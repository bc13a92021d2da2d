"""ETag and If-Match: what a page has seen, and what it asks to be still so."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from feedback.shown import read_tag
from imaging.models import Study


def tag_asked(request: Request) -> str | None:
    """The tag of If-Match without its quotes; None when there is none, or any will do."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    return given if given not in ("", "*") else None


def expected_read(request: Request, asked: dict[str, Any]) -> str | None:
    """From the header, else from the body."""
    return tag_asked(request) or asked.get("expected_read")


def tagged(response: Response, tag: str | UUID | None) -> Response:
    if tag is not None:
        response["ETag"] = f'"{tag}"'
    return response


def tagged_with_read(response: Response, study: Study, reader: User) -> Response:
    """With the tag of the reads as they are after the act."""
    return tagged(response, read_tag(study, reader))
