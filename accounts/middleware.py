"""Every request: who and from where (for the audit trail), is the session alive, does the view's policy agree."""

import hashlib
import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver, reverse
from rest_framework.views import APIView

from accounts.access import policy_allows
from accounts.addresses import client_address
from accounts.api.errors import error_response
from accounts.audit.context import AuditContext, audit_context, context_amend
from accounts.errors import DomainError, NotPermitted, NotSignedIn
from accounts.permissions import DeclaredPolicy
from accounts.policy import PUBLIC, policy_of
from accounts.services.refusals import refusal_record
from accounts.services.sessions import session_expire
from accounts.sessions import session_expired, session_touch

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]


class RequestContextMiddleware:
    """Sets the audit context of the request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit_context(_context_of(request)):
            return self.get_response(request)


class IdleTimeoutMiddleware:
    """Ends sessions that are idle or old. Polls that carry `X-Background: 1` do not keep a session alive."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if session_expired(request.session):
                session_expire(request.user)
                request.session.flush()
                request.user = AnonymousUser()
                context_amend(actor_id=None, actor_label="", authentication="", session_digest="")
            elif request.headers.get("X-Background") != "1":
                session_touch(request.session)
        return self.get_response(request)


class PolicyMiddleware:
    """Asks the declared policy of a view before it runs, and fails closed when there is none.

    Views of the API authenticate later, by session or token: they are let through only to DeclaredPolicy, which asks.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and policy_of(match.func) != PUBLIC and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        declared = policy_of(callback)
        if declared is None or not _enforces(callback):
            logger.error("view %s declares no policy that is enforced", getattr(callback, "__qualname__", "unnamed"))
            return error_response(DomainError("This page is not available.", code="undeclared_policy"), status=500)
        if _is_api(callback) or policy_allows(declared.for_method(request.method), request.user):
            return None
        return _refuse(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A fact that stops an action is told in the shape the client reads: JSON, or the page of that status."""
        if not isinstance(exception, DomainError):
            return None
        refusal_record(user=request.user, error=exception, method=request.method or "", path=request.path)
        if wants_json(request):
            return error_response(exception)
        handler = get_resolver().resolve_error_handler(exception.status if exception.status in {403, 404} else 400)
        response = handler(request, exception=exception)
        response.status_code = exception.status
        return response


def wants_json(request: HttpRequest) -> bool:
    """The API, and whoever accepts JSON and no page."""
    accepted = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accepted and "html" not in accepted)


def _refuse(request: HttpRequest) -> HttpResponse:
    refusal_record(user=request.user, error=NotPermitted(), method=request.method or "", path=request.path)
    if request.user.is_authenticated:
        if wants_json(request):
            return error_response(NotPermitted())
        raise PermissionDenied(NotPermitted.message)
    if wants_json(request):
        return error_response(NotSignedIn())
    return redirect_to_login(request.get_full_path(), reverse("sign-in"))


def _is_api(callback: Any) -> bool:
    return isinstance(getattr(callback, "cls", None), type) and issubclass(callback.cls, APIView)


def _enforces(callback: Any) -> bool:
    """A view of the API must leave DeclaredPolicy among its permission classes; others are asked here."""
    if not _is_api(callback):
        return True
    own = getattr(callback, "initkwargs", {}).get("permission_classes", callback.cls.permission_classes)
    return any(isinstance(kind, type) and issubclass(kind, DeclaredPolicy) for kind in own)


def _context_of(request: HttpRequest) -> AuditContext:
    context = AuditContext(ip=client_address(request), request_id=uuid4())
    if not request.user.is_authenticated:
        return context
    key = request.session.session_key or ""
    return AuditContext(
        actor_id=request.user.id,
        actor_label=request.user.username,
        authentication="session",
        session_digest=hashlib.sha256(key.encode()).hexdigest()[:16],
        ip=context.ip,
        request_id=context.request_id,
    )
