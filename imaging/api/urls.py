"""Under /api/."""

from django.urls import path

from imaging.api import pixels, priors, studies, upload

urlpatterns = [
    path("studies/", studies.StudyListApi.as_view(), name="api-studies"),
    path("studies/upload/", upload.StudyUploadApi.as_view(), name="api-study-upload"),
    path("studies/sample/", studies.StudySampleApi.as_view(), name="api-study-sample"),
    path("studies/<uuid:study_id>/", studies.StudyDetailApi.as_view(), name="api-study"),
    path("studies/<uuid:study_id>/findings/", studies.StudyFindingsApi.as_view(), name="api-study-findings"),
    path("studies/<uuid:study_id>/priors/", priors.StudyPriorsApi.as_view(), name="api-study-priors"),
    path("studies/<uuid:study_id>/rerun/", studies.StudyRerunApi.as_view(), name="api-study-rerun"),
    path("studies/<uuid:study_id>/cancel/", studies.StudyCancelApi.as_view(), name="api-study-cancel"),
    path("instances/<uuid:instance_id>/frames/<int:index>/", pixels.FrameApi.as_view(), name="api-frame"),
    path("instances/<uuid:instance_id>/frames/<int:index>/samples/", pixels.SamplesApi.as_view(), name="api-samples"),
    path("instances/<uuid:instance_id>/original/", pixels.OriginalApi.as_view(), name="api-original"),
    path("findings/<uuid:finding_id>/heatmap/", pixels.HeatmapApi.as_view(), name="api-heatmap"),
    path("findings/<uuid:finding_id>/heatmap.npy", pixels.HeatmapArrayApi.as_view(), name="api-heatmap-array"),
    path("events/", studies.EventListApi.as_view(), name="api-events"),
]
