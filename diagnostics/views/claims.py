"""Pages: the claims lane, and one claim. Everything about a claim comes through the API, each fetch audited there."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from accounts.access import has_permission_somewhere, has_site_permission, sites_with
from accounts.policy import any_site, on_site, policy
from feedback.teeth import PERMANENT_TEETH, PRIMARY_TEETH, universal_of
from imaging.access import claim_access


@policy(any_site("view_claims"))
@ensure_csrf_cookie
@require_safe
def claims_page(request: HttpRequest) -> HttpResponse:
    sites = sites_with(request.user, "view_claims").order_by("name")
    page = {
        "sites": [{"id": str(site.id), "name": site.name} for site in sites],
        "mayDecide": has_permission_somewhere(request.user, "decide_claims"),
    }
    return render(request, "diagnostics/claims.html", {"page": page})


@policy(on_site("view_claims"))
@ensure_csrf_cookie
@require_safe
def claim_page(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    claim = claim_access(user=request.user, claim_id=claim_id)
    page = {
        "claimId": str(claim.id),
        "mayDecide": has_site_permission(request.user, claim.site_id, "decide_claims"),
        "teeth": {str(fdi): universal_of(fdi) for fdi in (*PERMANENT_TEETH, *PRIMARY_TEETH)},
    }
    return render(request, "diagnostics/claim.html", {"page": page})
