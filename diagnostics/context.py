"""What the bar of every page needs to know about whoever looks at it."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import permissions_somewhere, sites_with
from accounts.roles import PERMISSIONS, STAFF_PERMISSIONS
from accounts.services.preferences import preferences_of
from feedback.turnaround import PERMISSIONS as TURNAROUND_PERMISSIONS


def portal(request: HttpRequest) -> dict[str, Any]:
    return {"portal": SimpleLazyObject(lambda: _portal(getattr(request, "user", None)))}


def _portal(user: Any) -> dict[str, Any]:
    if user is None or not user.is_authenticated:
        return {"signed_in": False, "theme": "auto"}
    sites = list(sites_with(user, "view_study"))
    held = permissions_somewhere(user, *PERMISSIONS)
    return {
        "signed_in": True,
        "theme": preferences_of(user).theme,
        "name": user.display_name or user.username,
        "place": sites[0].name if len(sites) == 1 else str(user.organisation),
        "reads": bool(sites),
        "sees_claims": "view_claims" in held,
        "sees_turnaround": not held.isdisjoint(TURNAROUND_PERMISSIONS),
        "sees_models": "view_models" in held,
        "administers": not held.isdisjoint(STAFF_PERMISSIONS),
    }
