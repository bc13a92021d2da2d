"""How sites read, in the administration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.access import sites_with
from accounts.admin_site import ScopedModelAdmin
from accounts.models import Site
from feedback.models import ReadingPolicy
from feedback.policy import values_of
from feedback.services.policy import PERMISSION, policy_set


@admin.register(ReadingPolicy)
class ReadingPolicyAdmin(ScopedModelAdmin):
    """One row a site. A site without one shows what the models say at once, and reads nothing twice by itself."""

    site_permission = PERMISSION
    organisation_path = "site__organisation"
    site_path = "site"
    read_only = False
    list_display = ("site", "blind_first", "second_read_share", "wait_limit_seconds", "guard_every", "changed_at")
    list_select_related = ("site",)
    fields = ("site", "blind_first", "second_read_share", "wait_limit_seconds", "guard_every")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("site",) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Site:
            kwargs["queryset"] = sites_with(request.user, PERMISSION)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ReadingPolicy, form: forms.ModelForm, change: bool) -> None:
        saved = policy_set(site=obj.site, values=values_of(obj), actor=request.user)
        obj.__dict__.update(saved.__dict__)
