"""Who is asking, from where, in which request: set once by the middleware, read by whoever records."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class AuditContext:
    """Facts of the request; all empty outside one (commands, worker)."""

    actor_id: UUID | None = None
    actor_label: str = ""
    authentication: str = ""
    session_digest: str = ""
    token_id: UUID | None = None
    ip: str | None = None
    request_id: UUID | None = None


_EMPTY = AuditContext()
_current: ContextVar[AuditContext] = ContextVar("audit_context", default=_EMPTY)


def current_context() -> AuditContext:
    return _current.get()


def context_amend(**facts: Any) -> None:
    """Add what became known later in the same request, such as the owner of a token."""
    _current.set(replace(_current.get(), **facts))


@contextmanager
def audit_context(context: AuditContext) -> Iterator[None]:
    """The context for the duration of a request or a piece of work."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
