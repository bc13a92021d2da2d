"""Page: studies waiting for a read. The rows come through the API, so the page itself holds no patient data."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from accounts.access import has_permission_somewhere, sites_with
from accounts.admin_site import may_enter_admin
from accounts.errors import NotPermitted
from accounts.policy import SIGNED_IN, policy
from feedback.priority import duration_words
from feedback.services.worklist_views import views_of
from imaging.models import AnalysisState, TriageClass
from imaging.pipeline.values import CASE_TYPES
from registry.selectors import versions_all

LANES = (
    ("to_read", "To read"),
    ("mine", "Mine"),
    ("second_reads", "Second reads"),
    ("disagree", "Disagreement"),
    ("administrative", "Administrative"),
    ("claims", "Claims"),
    ("read_today", "Read today"),
    ("all", "All studies"),
)
CASE_TYPE_WORDS = {
    "dental_bitewing": "Bitewing",
    "dental_periapical": "Periapical",
    "dental_panoramic": "Panoramic",
    "ct": "CT",
    "mr": "MR",
}
SKELETON_LINES = 14


@policy(SIGNED_IN)
@ensure_csrf_cookie
@require_safe
def worklist_page(request: HttpRequest) -> HttpResponse:
    """The portal's front door: whoever sees no studies goes on to the administration, if that is theirs."""
    if not has_permission_somewhere(request.user, "view_study"):
        if may_enter_admin(request.user):
            return redirect("admin:index")
        raise NotPermitted("You have no part in any site yet.", remedy="Ask the administrator of your site for a role.")
    sites, upload_sites = _named(request, "view_study"), _named(request, "upload_study")
    versions = _versions() if has_permission_somewhere(request.user, "view_models") else []
    views = _saved_views(request)
    page = {
        "sites": sites,
        "caseTypes": list(CASE_TYPES),
        "lanes": [code for code, _ in LANES],
        "modelVersions": versions,
        "mayRead": has_permission_somewhere(request.user, "review_study"),
        "views": views,
        "uploadSites": upload_sites,
        "uploadLimitBytes": settings.UPLOAD_LIMIT_BYTES,
        "waitLimitSeconds": settings.WORKLIST_WAIT_LIMIT_SECONDS,
    }
    return render(
        request,
        "diagnostics/worklist.html",
        {"page": page, "shown": _shown(sites, versions, views), "may_upload": bool(upload_sites)},
    )


def _shown(sites: list[dict[str, str]], versions: list[dict[str, str]], views: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page offers to choose from; rendered here, so that nothing moves when the rows come."""
    return {
        "wait_limit": duration_words(timedelta(seconds=settings.WORKLIST_WAIT_LIMIT_SECONDS)),
        "lanes": _coded(LANES),
        "case_types": _coded((code, CASE_TYPE_WORDS.get(code, code.capitalize())) for code in CASE_TYPES),
        "triages": _coded(TriageClass.choices),
        "states": _coded(AnalysisState.choices),
        "sites": sites,
        "views": [{"name": view["name"], "address": f"/?{urlencode(view['filters'])}"} for view in views],
        "model_versions": versions,
        "skeleton": range(SKELETON_LINES),
    }


def _saved_views(request: HttpRequest) -> list[dict[str, Any]]:
    return [{"id": str(view.id), "name": view.name, "filters": view.filters} for view in views_of(request.user)]


def _coded(choices: Any) -> list[dict[str, str]]:
    return [{"code": str(code), "word": str(word)} for code, word in choices]


def _versions() -> list[dict[str, str]]:
    return [{"id": str(version.id), "name": f"{version.name} {version.version}"} for version in versions_all()]


def _named(request: HttpRequest, permission: str) -> list[dict[str, str]]:
    return [{"id": str(site.id), "name": site.name} for site in sites_with(request.user, permission).order_by("name")]
