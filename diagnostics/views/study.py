"""Page: one study beside its overlay. Pixels and findings come through the API, each fetch audited there."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from accounts.access import has_site_permission
from accounts.key_bindings import KEY_ACTS
from accounts.live import latest_sequence
from accounts.policy import on_site, policy
from accounts.services.preferences import preferences_of
from diagnostics.static_files import modules_of
from imaging.access import study_access
from imaging.disclosure import machine_output_hidden
from imaging.models import Study
from imaging.pipeline.values import CASE_TYPES
from imaging.rendering import COLOUR_STOPS
from imaging.selectors import first_place

PERMISSIONS = ("review_study", "run_inference", "cancel_inference", "delete_study")


@policy(on_site("view_study"))
@ensure_csrf_cookie
@require_safe
def study_page(request: HttpRequest, study_id: UUID) -> HttpResponse:
    study = study_access(user=request.user, study_id=study_id)
    page: dict[str, Any] = {
        "studyId": str(study.id),
        "readerId": str(request.user.pk),
        "sequence": latest_sequence(study.organisation_id),
        "first": _first(request, study),
        "caseTypes": list(CASE_TYPES),
        "may": {name: has_site_permission(request.user, study.site_id, name) for name in PERMISSIONS},
        "colourStops": COLOUR_STOPS.tolist(),
        "acts": [asdict(act) for act in KEY_ACTS],
        "preferences": asdict(preferences_of(request.user)),
    }
    return render(request, "diagnostics/study.html", {"page": page, "modules": modules_of("js/study.mjs")})


def _first(request: HttpRequest, study: Study) -> dict[str, Any] | None:
    """The film that the page asks for before it knows anything else of the study; the request for it is audited."""
    place = first_place(study, disclosed=not machine_output_hidden(request.user, study))  # type: ignore[arg-type]
    return None if place is None else {"instance": str(place[0]), "frame": place[1]}
