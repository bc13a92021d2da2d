"""For supervisors: is the process up, can it do its work. States only, no detail: anybody may ask."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.policy import PUBLIC, policy
from diagnostics.readiness import readiness


@policy(PUBLIC)
@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@policy(PUBLIC)
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 when nothing can be read or written; "degraded" (200) when reading works but analysis does not keep up."""
    state = readiness()
    return JsonResponse({"status": state.status, "checks": state.checks}, status=503 if state.status == "down" else 200)
