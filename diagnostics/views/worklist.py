"""Page: studies waiting for a read. The rows come through the API, so the page itself holds no patient data."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from accounts.access import has_permission_somewhere, sites_with
from accounts.admin_site import may_enter_admin
from accounts.errors import NotPermitted
from accounts.policy import SIGNED_IN, policy
from imaging.pipeline.values import CASE_TYPES


@policy(SIGNED_IN)
@ensure_csrf_cookie
@require_safe
def worklist_page(request: HttpRequest) -> HttpResponse:
    """The portal's front door: whoever sees no studies goes on to the administration, if that is theirs."""
    if not has_permission_somewhere(request.user, "view_study"):
        if may_enter_admin(request.user):
            return redirect("admin:index")
        raise NotPermitted("You have no part in any site yet.", remedy="Ask the administrator of your site for a role.")
    upload_sites = _named(request, "upload_study")
    page = {
        "sites": _named(request, "view_study"),
        "caseTypes": list(CASE_TYPES),
        "uploadSites": upload_sites,
        "uploadLimitBytes": settings.UPLOAD_LIMIT_BYTES,
    }
    return render(request, "diagnostics/worklist.html", {"page": page, "may_upload": bool(upload_sites)})


def _named(request: HttpRequest, permission: str) -> list[dict[str, str]]:
    return [{"id": str(site.id), "name": site.name} for site in sites_with(request.user, permission).order_by("name")]
