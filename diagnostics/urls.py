"""Every URL prefix of the deployable. Sign-in pages are accounts', the API is each app's own."""

from importlib import import_module
from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from diagnostics.views import errors

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error

# While the rooms are being built, a prefix whose room is not there yet is left out.
READY = all(find_spec(name) for name in ("accounts.policy", "accounts.access", "imaging.access", "imaging.selectors"))


def _app(prefix: str, module: str) -> list[URLResolver]:
    return [path(prefix, include(module))] if find_spec(module) else []


def _portal() -> list[URLPattern]:
    if not READY:
        return []
    worklist, study, docs, health = (
        import_module(f"diagnostics.views.{name}") for name in ("worklist", "study", "docs", "health")
    )
    return [
        path("", worklist.worklist_page, name="worklist"),
        path("studies/<uuid:study_id>/", study.study_page, name="study"),
        path("api/schema/", docs.SchemaView.as_view(), name="schema"),
        path("api/docs/", docs.DocsView.as_view(), name="api-docs"),
        path("livez", health.live, name="livez"),
        path("readyz", health.ready, name="readyz"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    *_portal(),
    *_app("", "accounts.urls"),
    *_app("api/", "accounts.api.urls"),
    *_app("api/", "registry.api.urls"),
    *_app("api/", "imaging.api.urls"),
    *_app("api/", "feedback.api.urls"),
    path("admin/", admin.site.urls),
]
