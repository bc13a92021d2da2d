"""Page: which models look at what, what they were measured to do, and what speaks against them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import sites_with
from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.policy import any_site, policy
from registry.overview import models_overview


@policy(any_site("view_models"))
@require_safe
def models_page(request: HttpRequest) -> HttpResponse:
    user = request.user
    record_access(Action.MODEL_VIEWED, organisation_id=user.organisation_id, actor=user, object_type="model_version")
    site_ids = list(sites_with(user, "view_models").values_list("id", flat=True))
    return render(request, "diagnostics/models.html", {"groups": models_overview(site_ids)})
