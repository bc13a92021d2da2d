"""One error shape everywhere: {code, message, tag, remedy} and, where they help, details."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.errors import DomainError, InvalidInput, NotFound, NotPermitted, NotSignedIn
from accounts.services.refusals import refusal_record

logger = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 5


class InternalError(DomainError):
    """What we did not foresee; the log says where, the client learns only that it happened."""

    code = "internal"
    status = 500
    message = "Something went wrong on our side. Nothing was changed."


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    status = 405
    message = "This address does not answer that method."


class UnsupportedMediaType(DomainError):
    code = "unsupported_media_type"
    status = 415
    message = "This address does not read that kind of body."


class TooManyRequests(DomainError):
    code = "too_many_requests"
    status = 429
    message = "Too many requests. Try again shortly."


def error_response(error: DomainError, *, status: int | None = None) -> JsonResponse:
    """A DomainError as the answer to a request outside the REST framework."""
    response = JsonResponse(error.as_dict(), status=status or error.status)
    for name, value in _headers(error).items():
        response[name] = value
    return response


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """The REST framework's exception handler: whatever was raised leaves in the one shape."""
    error = as_domain_error(exc)
    if isinstance(error, InternalError):
        logger.error("unhandled exception in %s", type(context.get("view")).__name__, exc_info=exc)
    set_rollback()
    request = context.get("request")
    if request is not None:
        refusal_record(user=request.user, error=error, method=request.method, path=request.path)
    headers = _headers(error) | _challenge(exc)
    return Response(error.as_dict(), status=error.status, headers=headers)


def as_domain_error(exc: Exception) -> DomainError:
    """The fact behind an exception of Django or the REST framework."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, Http404 | exceptions.NotFound):
        return NotFound()
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return NotSignedIn()
    if isinstance(exc, PermissionDenied | exceptions.PermissionDenied):
        return NotPermitted(code=_own_code(exc))
    if isinstance(exc, exceptions.ValidationError):
        return InvalidInput(details={"fields": exc.get_codes()})
    return _other(exc)


def _other(exc: Exception) -> DomainError:
    if isinstance(exc, exceptions.MethodNotAllowed):
        return MethodNotAllowed()
    if isinstance(exc, exceptions.UnsupportedMediaType):
        return UnsupportedMediaType()
    if isinstance(exc, exceptions.Throttled):
        return TooManyRequests()
    if isinstance(exc, exceptions.APIException) and exc.status_code < 500:
        return InvalidInput()
    return InternalError()


def _own_code(exc: Exception) -> str | None:
    detail = str(getattr(exc, "detail", ""))
    return "csrf_failed" if detail.startswith("CSRF") else None


def _headers(error: DomainError) -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if error.status in {429, 503, 507} else {}


def _challenge(exc: Exception) -> dict[str, str]:
    challenge = getattr(exc, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}
