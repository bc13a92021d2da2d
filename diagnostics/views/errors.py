"""What is shown when a request ends badly: one page, one sentence, the same shape as JSON under /api/."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from accounts.errors import DomainError, InvalidInput, NotFound, NotPermitted

SERVER_ERROR = DomainError(
    "Something went wrong here, and it has been logged. Nothing you did is half-saved.", code="server_error"
)
CSRF_FAILED = NotPermitted(
    "This page is older than your session.", code="csrf_failed", remedy="Reload the page and try again."
)
SIGN_OUT = "/sign-out/"
TITLES = {
    400: "Not a valid request",
    403: "Not permitted",
    404: "Nothing here",
    409: "Not now",
    413: "Too large",
    429: "Too many requests",
    500: "Something went wrong",
}
REMEDIES = {
    400: "Go back to the page before, and try it from there.",
    403: "Ask the administrator of your site if you need it for your work.",
    404: "It may have been deleted, or belong to another site. Start again from the worklist.",
    429: "Wait a minute, then try again.",
    500: "Try again in a moment. If it stays so, tell the administrator of your site when it happened.",
}


def error_answer(request: HttpRequest, error: DomainError, *, status: int | None = None) -> HttpResponse:
    """The error as JSON for API paths, as a page for people."""
    code = status or error.status
    if request.path.startswith("/api/"):
        return JsonResponse(error.as_dict(), status=code)
    page = {
        "error": error,
        "status": code,
        "title": TITLES.get(code, "Refused"),
        "remedy": REMEDIES.get(code, ""),
        "again": request.path if error is CSRF_FAILED and request.path != SIGN_OUT else "",
    }
    return HttpResponse(render_to_string("errors/error.html", page, _asked_by(request, code)), status=code)


def _asked_by(request: HttpRequest, code: int) -> HttpRequest | None:
    """Whose bar the page has; nothing is asked of a server that has just failed."""
    return request if code < 500 else None


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_answer(request, exception if isinstance(exception, DomainError) else InvalidInput())


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_answer(request, exception if isinstance(exception, DomainError) else NotPermitted())


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    return error_answer(request, SERVER_ERROR, status=500)


def csrf_failure(request: HttpRequest, reason: str = "", **_: Any) -> HttpResponse:
    return error_answer(request, CSRF_FAILED)
