"""The worklist's cursor as text: where the last page ended. It holds no patient data and grants nothing."""

import base64
import binascii
import json
from datetime import datetime
from uuid import UUID

from accounts.errors import InvalidInput
from feedback.worklist import Position


def cursor_text(position: Position | None) -> str | None:
    if position is None:
        return None
    parts = [position.rank, position.received_at.isoformat(), position.study_id.hex]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def cursor_position(text: str) -> Position | None:
    """Raises InvalidInput for anything that cursor_text did not write."""
    if not text:
        return None
    try:
        rank, received_at, study_id = json.loads(base64.urlsafe_b64decode(text.encode()))
        position = Position(int(rank), datetime.fromisoformat(received_at), UUID(study_id))
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise InvalidInput("The cursor is not one of ours.", code="cursor_invalid") from error
    if position.received_at.tzinfo is None:
        raise InvalidInput("The cursor is not one of ours.", code="cursor_invalid")
    return position
