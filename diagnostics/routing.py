"""Every websocket path."""

from django.urls import path

from diagnostics.consumers import StudyConsumer, WorklistConsumer

websocket_urlpatterns = [
    path("ws/worklist/", WorklistConsumer.as_asgi()),
    path("ws/studies/<uuid:study_id>/", StudyConsumer.as_asgi()),
]
