"""Under /api/."""

from django.urls import path

from registry.api import views

urlpatterns = [
    path("models/", views.ModelListApi.as_view(), name="api-models"),
    path("routes/", views.RouteListApi.as_view(), name="api-routes"),
]
