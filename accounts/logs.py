"""Log lines that hold no patient data: one line each, exceptions as type and place, never with their message."""

import json
import logging
import traceback
from types import TracebackType

from accounts.errors import DomainError

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class SafeFormatter(logging.Formatter):
    """JSON lines. A library's exception message may quote what it was parsing, so only ours are written out."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = describe(record.exc_info)
        return json.dumps(line, default=str)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802
        return json.dumps(describe(ei))


def describe(info: ExceptionInfo) -> dict[str, object]:
    """Type and places of an exception; the sentence only when it is one of ours."""
    kind, error, trace = info
    if kind is None or error is None:
        return {}
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
    known = {"code": error.code, "message": error.message} if isinstance(error, DomainError) else {}
    return {"type": kind.__name__, "places": places, **known}
