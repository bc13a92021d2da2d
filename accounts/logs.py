"""Log lines that cannot be forged and do not tell what an exception was about."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from accounts.audit.context import current_context
from accounts.errors import DomainError


class SafeFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request. Control characters are escaped.

    Of an exception: its class and where it was raised, never its words, which may hold what a file or a row held;
    the words of a DomainError are made to be shown, and its code is enough.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        context = current_context()
        if context.request_id:
            line["request"] = str(context.request_id)
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = _described(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """What the base class would write as a traceback, which ends in the exception's words."""
        return json.dumps(_described(ei[1]) if ei[1] is not None else {})


def _described(error: BaseException) -> dict[str, Any]:
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    described: dict[str, Any] = {"class": type(error).__name__, "at": frames[-12:]}
    if isinstance(error, DomainError):
        described["code"] = error.code
    if error.__cause__ is not None:
        described["cause"] = type(error.__cause__).__name__
    return described
