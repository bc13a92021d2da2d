"""Cursors as text: where the last page of a list ended. They hold no patient data and grant nothing."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from accounts.errors import InvalidInput
from feedback.priority import Segment
from feedback.worklist_ranges import Position

_LARGEST_KEY = 2**63 - 1
NOT_OURS = (ValueError, TypeError, AttributeError, OverflowError, binascii.Error)
"""What goes wrong in a text that we did not write."""


class CursorInvalid(InvalidInput):
    code = "cursor_invalid"
    message = "The cursor is not one of ours."


def cursor_text(position: Position | None) -> str | None:
    if position is None:
        return None
    moments = (position.received_at.isoformat(), position.as_of.isoformat())
    parts = [int(position.segment), position.entry_id, *moments]
    return text_of_parts(parts)


def cursor_position(text: str) -> Position | None:
    """Raises InvalidInput for anything that cursor_text did not write."""
    if not text:
        return None
    try:
        segment, entry_id, received_at, as_of = parts_of_text(text)
        position = Position(Segment(segment), moment_of(received_at), int(entry_id), moment_of(as_of))
    except NOT_OURS as error:
        raise CursorInvalid from error
    if abs(position.entry_id) > _LARGEST_KEY:
        raise CursorInvalid
    return position


def text_of_parts(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def parts_of_text(text: str) -> Any:
    """Raises one of NOT_OURS."""
    return json.loads(base64.urlsafe_b64decode(text.encode()))


def moment_of(text: str) -> datetime:
    """In UTC: what no calendar holds there, no database takes. Raises one of NOT_OURS."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment.astimezone(UTC)
