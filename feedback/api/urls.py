"""/api/: the worklist and what readers do."""

from django.urls import path

from feedback.api import drafts, merge, policy, reads, reports, worklist, worklist_views

urlpatterns = [
    path("worklist/", worklist.WorklistApi.as_view(), name="api-worklist"),
    path("worklist/search/", worklist.WorklistSearchApi.as_view(), name="api-worklist-search"),
    path("worklist/hand/", worklist.WorklistHandApi.as_view(), name="api-worklist-hand"),
    path("worklist/release/", worklist.WorklistReleaseApi.as_view(), name="api-worklist-release"),
    path("worklist/views/", worklist_views.WorklistViewsApi.as_view(), name="api-worklist-views"),
    path("worklist/views/<uuid:view_id>/", worklist_views.WorklistViewApi.as_view(), name="api-worklist-view"),
    path("worklist/next/", worklist.WorklistNextApi.as_view(), name="api-worklist-next"),
    path("studies/<uuid:study_id>/confirm/", reads.ReadConfirmApi.as_view(), name="api-read-confirm"),
    path("studies/<uuid:study_id>/sign/", reads.ReadSignApi.as_view(), name="api-read-sign"),
    path("studies/<uuid:study_id>/undo/", reads.ReadUndoApi.as_view(), name="api-read-undo"),
    path("studies/<uuid:study_id>/reviews/", reads.StudyReviewsApi.as_view(), name="api-study-reviews"),
    path("studies/<uuid:study_id>/report.pdf", reports.StudyReportApi.as_view(), name="api-study-report"),
    path("studies/<uuid:study_id>/reading/", policy.ReadingStateApi.as_view(), name="api-study-reading"),
    path("studies/<uuid:study_id>/commit/", policy.ReadCommitApi.as_view(), name="api-read-commit"),
    path("studies/<uuid:study_id>/second-opinion/", policy.SecondOpinionApi.as_view(), name="api-second-opinion"),
    path("studies/<uuid:study_id>/reading-time/", policy.ReadingTimeApi.as_view(), name="api-reading-time"),
    path("studies/<uuid:study_id>/draft/", drafts.StudyDraftApi.as_view(), name="api-study-draft"),
    path("studies/<uuid:study_id>/merge/", merge.StudyMergeApi.as_view(), name="api-study-merge"),
    path("findings/<uuid:finding_id>/reviews/", reads.FindingReviewApi.as_view(), name="api-finding-reviews"),
    path("reviews/<uuid:review_id>/", reads.ReviewApi.as_view(), name="api-review"),
]
