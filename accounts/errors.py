"""The facts that may go wrong, as exceptions that are safe to show. Plain Python: pure packages may raise them too."""

from typing import Any


class DomainError(Exception):
    """A fact that stops an action: a stable code, an HTTP status, a sentence that is safe to show to anybody.

    Subclasses set the three class attributes; an instance may replace the sentence and add the DICOM tag that is at
    fault, and what the user can do about it. No patient data ever goes into any of them.
    """

    code: str = "error"
    status: int = 400
    message: str = "The request could not be carried out."
    tag: str | None = None
    remedy: str | None = None

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        tag: str | None = None,
        remedy: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        self.code = code or self.code
        self.message = message or self.message
        self.tag = tag or self.tag
        self.remedy = remedy or self.remedy
        self.details = details or {}
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Survives the pipe from the decode child."""
        return (_rebuild, (type(self), self.message, self.code, self.tag, self.remedy, self.details))

    def as_dict(self) -> dict[str, Any]:
        """The one error shape of every interface."""
        body = {"code": self.code, "message": self.message, "tag": self.tag, "remedy": self.remedy}
        return {**body, "details": self.details} if self.details else body


def _rebuild(
    kind: type[DomainError], message: str, code: str, tag: str | None, remedy: str | None, details: Any
) -> Any:
    return kind(message, code=code, tag=tag, remedy=remedy, details=details)


class NotFound(DomainError):
    """Missing and hidden look alike."""

    code = "not_found"
    status = 404
    message = "There is nothing here that you can see."


class NotSignedIn(DomainError):
    """Nobody is signed in, or the session has ended."""

    code = "not_signed_in"
    status = 401
    message = "You are not signed in, or your session has ended."
    remedy = "Sign in and try again."


class NotPermitted(DomainError):
    """The object may be seen, this may not be done to it."""

    code = "not_permitted"
    status = 403
    message = "Your role does not include this action."


class InvalidInput(DomainError):
    """The request itself is wrong."""

    code = "invalid_input"
    status = 400
    message = "The request is not valid."


class Conflict(DomainError):
    """The state of the object does not allow this."""

    code = "conflict"
    status = 409
    message = "The object has changed, or is in a state that does not allow this."


class IntegrityBroken(DomainError):
    """Stored bytes are not the bytes that were written."""

    code = "integrity"
    status = 500
    message = "A stored object failed its integrity check. It is not shown. Tell your administrator."


class KeyUnavailable(DomainError):
    """A key that is needed cannot be used now: nothing is read, nothing is written."""

    code = "key_unavailable"
    status = 503
    message = "The encryption key is not available. Nothing was read or written."
    remedy = "Ask a key custodian to make the organisation's key available, then try again."


class AuditUnavailable(DomainError):
    """No audit row, no bytes."""

    code = "audit_unavailable"
    status = 503
    message = "The audit trail cannot be written, so nothing was shown or changed. Try again shortly."


class StorageFull(DomainError):
    """There is no room for another byte."""

    code = "storage_full"
    status = 507
    message = "The storage is full. Nothing was stored."
    remedy = "Ask your administrator to free space, then send it again."
