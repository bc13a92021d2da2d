"""Page: one study beside its overlay. Pixels and findings come through the API, each fetch audited there."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from accounts.access import has_site_permission
from accounts.live import latest_sequence
from accounts.policy import on_site, policy
from imaging.access import study_access
from imaging.pipeline.values import CASE_TYPES
from imaging.rendering import COLOUR_STOPS

PERMISSIONS = ("review_study", "run_inference", "cancel_inference", "delete_study")


@policy(on_site("view_study"))
@ensure_csrf_cookie
@require_safe
def study_page(request: HttpRequest, study_id: UUID) -> HttpResponse:
    study = study_access(user=request.user, study_id=study_id)
    may = {name: has_site_permission(request.user, study.site_id, name) for name in PERMISSIONS}
    page = {
        "studyId": str(study.id),
        "sequence": latest_sequence(study.organisation_id),
        "caseTypes": list(CASE_TYPES),
        "may": may,
        "colourStops": COLOUR_STOPS.tolist(),
    }
    return render(request, "diagnostics/study.html", {"page": page})
