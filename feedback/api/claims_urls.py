"""/api/: insurance claims."""

from django.urls import path

from feedback.api import claims

urlpatterns = [
    path("claims/", claims.ClaimListApi.as_view(), name="api-claims"),
    path("claims/search/", claims.ClaimSearchApi.as_view(), name="api-claim-search"),
    path("claims/groups/", claims.ProcedureGroupsApi.as_view(), name="api-procedure-groups"),
    path("claims/<uuid:claim_id>/", claims.ClaimApi.as_view(), name="api-claim"),
    path("claims/<uuid:claim_id>/procedures/", claims.ClaimProceduresApi.as_view(), name="api-claim-procedures"),
    path("claims/<uuid:claim_id>/decision/", claims.ClaimDecisionApi.as_view(), name="api-claim-decision"),
    path("claims/<uuid:claim_id>/sheet.pdf", claims.ClaimSheetApi.as_view(), name="api-claim-sheet"),
    path("claims/<uuid:claim_id>/sheet.csv", claims.ClaimTableApi.as_view(), name="api-claim-table"),
    path("film-matches/<uuid:match_id>/word/", claims.FilmWordApi.as_view(), name="api-film-word"),
    path("studies/<uuid:study_id>/claim/", claims.StudyClaimApi.as_view(), name="api-study-claim"),
]
