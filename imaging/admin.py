"""Runs in the administration: what waits, what failed and why. No patient data."""

from django.contrib import admin

from accounts.admin_site import ScopedModelAdmin
from imaging.models import InferenceRun


@admin.register(InferenceRun)
class InferenceRunAdmin(ScopedModelAdmin):
    """For whoever looks after the models."""

    site_permission = "view_models"
    organisation_path = "instance__site__organisation"
    site_path = "instance__site"
    list_display = ("created_at", "model_version", "state", "attempts", "reason", "started_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("model_version",)
    search_fields = ("id", "error_code")
    fields = (
        "model_version",
        "state",
        "attempts",
        "fencing_token",
        "worker",
        "lease_until",
        "started_at",
        "finished_at",
        "error_code",
        "reason",
    )
