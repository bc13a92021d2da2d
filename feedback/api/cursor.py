"""The worklist's cursor as text: where the last page ended. It holds no patient data and grants nothing."""

import base64
import binascii
import json
from datetime import datetime

from accounts.errors import InvalidInput
from feedback.priority import Segment
from feedback.worklist_ranges import Position

_LARGEST_KEY = 2**63 - 1


def cursor_text(position: Position | None) -> str | None:
    if position is None:
        return None
    moments = (position.received_at.isoformat(), position.as_of.isoformat())
    parts = [int(position.segment), position.entry_id, *moments]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def cursor_position(text: str) -> Position | None:
    """Raises InvalidInput for anything that cursor_text did not write."""
    if not text:
        return None
    try:
        segment, entry_id, received_at, as_of = json.loads(base64.urlsafe_b64decode(text.encode()))
        position = Position(Segment(segment), _moment(received_at), int(entry_id), _moment(as_of))
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error) as error:
        raise InvalidInput("The cursor is not one of ours.", code="cursor_invalid") from error
    if abs(position.entry_id) > _LARGEST_KEY:
        raise InvalidInput("The cursor is not one of ours.", code="cursor_invalid")
    return position


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment
