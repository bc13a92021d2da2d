"""The API denies by default: a view answers only whom its declared policy lets in."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.access import policy_allows
from accounts.policy import policy_of


class DeclaredPolicy(BasePermission):
    """Enforces `view.policy` after authentication, tokens included. A view without one answers nobody."""

    message = "Your role does not include this action."
    code = "not_permitted"

    def has_permission(self, request: Request, view: Any) -> bool:
        declared = policy_of(view)
        if declared is None:
            raise ImproperlyConfigured(f"{type(view).__name__} declares no policy")
        return policy_allows(declared.for_method(request.method), request.user)
