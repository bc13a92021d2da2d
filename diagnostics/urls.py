"""Every URL prefix of the deployable. Sign-in pages are accounts', the API is each app's own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from diagnostics.views import claims, docs, errors, health, models, report, study, turnaround, worklist

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error

urlpatterns: list[URLPattern | URLResolver] = [
    path("", worklist.worklist_page, name="worklist"),
    path("models/", models.models_page, name="models"),
    path("studies/<uuid:study_id>/", study.study_page, name="study"),
    path("studies/<uuid:study_id>/report/", report.report_page, name="study-report"),
    path("claims/", claims.claims_page, name="claims"),
    path("claims/<uuid:claim_id>/", claims.claim_page, name="claim"),
    path("turnaround/", turnaround.turnaround_page, name="turnaround"),
    path("turnaround/figures.csv", turnaround.turnaround_csv, name="turnaround-csv"),
    path("", include("accounts.urls")),
    path("api/", include("accounts.api.urls")),
    path("api/", include("registry.api.urls")),
    path("api/", include("imaging.api.urls")),
    path("api/", include("feedback.api.urls")),
    path("api/", include("feedback.api.claims_urls")),
    path("api/schema/", docs.SchemaView.as_view(), name="schema"),
    path("api/docs/", docs.DocsView.as_view(), name="api-docs"),
    path("admin/", admin.site.urls),
    path("livez", health.live, name="livez"),
    path("readyz", health.ready, name="readyz"),
]
