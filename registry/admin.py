"""Model versions and routes in the administration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.access import has_permission_somewhere, sites_with
from accounts.admin_site import ScopedModelAdmin
from accounts.audit.actions import Action
from registry.models import EngineBuild, Evaluation, ModelVersion, Route
from registry.selectors import versions_all
from registry.services.routes import route_set


@admin.register(ModelVersion)
class ModelVersionAdmin(ScopedModelAdmin):
    """What each version is, was made from, and was measured to do. Never edited."""

    site_permission = "view_models"
    organisation_path = None
    access_action = Action.MODEL_VIEWED
    list_display = ("name", "version", "task", "state", "digest", "created_at")
    list_filter = ("task", "state")
    search_fields = ("name", "version", "sha256")

    @admin.display(description="SHA-256", ordering="sha256")
    def digest(self, version: ModelVersion) -> str:
        return version.sha256[:12]


@admin.register(Evaluation)
class EvaluationAdmin(ScopedModelAdmin):
    """What was measured of which version, on what. Never edited."""

    site_permission = "view_models"
    organisation_path = None
    access_action = Action.MODEL_VIEWED
    list_display = ("model_version", "case_type", "dataset", "split", "n_images", "measured_at")
    list_filter = ("case_type",)
    list_select_related = ("model_version",)


@admin.register(EngineBuild)
class EngineBuildAdmin(ScopedModelAdmin):
    """Which engines may serve which version on which machine, and why. Never edited."""

    site_permission = "view_models"
    organisation_path = None
    access_action = Action.MODEL_VIEWED
    list_display = (
        "model_version",
        "engine",
        "machine_fingerprint",
        "accepted",
        "reason",
        "milliseconds_per_image",
        "created_at",
    )
    list_filter = ("engine", "accepted")
    list_select_related = ("model_version",)


class RouteSetForm(forms.ModelForm):
    """A case type at a site and the versions that look at it there, in this order."""

    versions = forms.ModelMultipleChoiceField(queryset=versions_all().order_by("task", "name", "version"))
    unmeasured_reason = forms.CharField(
        max_length=300,
        required=False,
        help_text="Why a classifier may serve although nobody has measured where its maps point. Audited and shown.",
    )

    class Meta:
        model = Route
        fields = ("case_type", "site", "unmeasured_reason")


@admin.register(Route)
class RouteAdmin(ScopedModelAdmin):
    """General routes, and the sites' own, which replace them."""

    site_permission = "view_models"
    organisation_path = None
    access_action = Action.MODEL_VIEWED
    list_display = ("case_type", "where", "position", "model_version", "unmeasured_reason")
    list_filter = ("case_type",)
    list_select_related = ("site", "model_version")
    actions = ("general_again",)

    def scoped(self, queryset: QuerySet, user: Any) -> QuerySet:
        return queryset.filter(Q(site=None) | Q(site__in=sites_with(user, "view_models").values("pk")))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return has_permission_somewhere(request.user, "manage_models")

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs if obj else {**kwargs, "form": RouteSetForm})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        written = ("case_type", "site", "position", "model_version", "unmeasured_reason")
        return written if obj else ("case_type", "site", "versions", "unmeasured_reason")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "site":
            kwargs.update(queryset=sites_with(request.user, "manage_models"), required=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Route, form: Any, change: bool) -> None:
        asked = form.cleaned_data
        version_ids = [version.id for version in asked["versions"]]
        routes = route_set(
            case_type=asked["case_type"],
            version_ids=version_ids,
            site=asked["site"],
            actor=request.user,
            unmeasured_reason=asked["unmeasured_reason"],
        )
        obj.__dict__.update(routes[0].__dict__)

    @admin.display(description="site", ordering="site__code")
    def where(self, route: Route) -> str:
        return route.site.name if route.site else "wherever a site has none of its own"

    @admin.action(description="Let the general route hold again", permissions=["manage"])
    def general_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        managed = set(sites_with(request.user, "manage_models").values_list("id", flat=True))
        chosen = {(route.case_type, route.site) for route in queryset if route.site_id in managed}
        for case_type, site in chosen:
            route_set(case_type=case_type, version_ids=[], site=site, actor=request.user)
        self.message_user(request, f"{len(chosen)} routes removed.")
