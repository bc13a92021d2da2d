"""The administration's pages: audit trail, users and roles, service tokens, key records."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.access import sites_with
from accounts.admin_filters import ActionFilter, OutcomeFilter, SiteFilter, search_events
from accounts.admin_site import ScopedModelAdmin
from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.models import AuditEvent, KeyRecord, Membership, ServiceToken, Site, User
from accounts.roles import PERMISSIONS
from accounts.selectors import audit_events_visible_to, tokens_managed_by, users_managed_by
from accounts.services.roles import role_grant, role_revoke
from accounts.services.tokens import LONGEST_DAYS, token_create, token_revoke
from accounts.services.users import user_create, user_deactivate

_SENTENCES = {action.value: action.sentence for action in Action}


@admin.register(AuditEvent)
class AuditEventAdmin(ScopedModelAdmin):
    """Who did what to what, when. Looking at it is itself in it."""

    site_permission = "view_audit"
    access_action = Action.AUDIT_VIEWED
    list_display = (
        "time",
        "actor_label",
        "what",
        "outcome",
        "object_type",
        "object_id",
        "study_id",
        "model_used",
        "ip",
    )
    list_filter = (ActionFilter, OutcomeFilter, SiteFilter, ("time", admin.DateFieldListFilter))
    search_fields = ("actor_label",)
    search_help_text = "A user name, or the id of a user, object, study or patient"
    date_hierarchy = "time"
    exclude = ("detail_ct", "leaf", "detail_scope")
    readonly_fields = ("what", "detail", "leaf_hash")

    def scoped(self, queryset: QuerySet, user: Any) -> QuerySet:
        return queryset & audit_events_visible_to(user)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        return search_events(queryset, search_term), False

    @admin.display(description="action", ordering="action")
    def what(self, event: AuditEvent) -> str:
        return _SENTENCES.get(event.action, event.action)

    @admin.display(description="model")
    def model_used(self, event: AuditEvent) -> str:
        return f"{event.model_name} {event.model_version} {event.model_sha256[:12]}".strip()

    @admin.display(description="detail")
    def detail(self, event: AuditEvent) -> str:
        found = event_detail(event) or {}
        return "\n".join(f"{name}: {value}" for name, value in found.items()) or "none"

    @admin.display(description="leaf")
    def leaf_hash(self, event: AuditEvent) -> str:
        return bytes(event.leaf).hex()


class MembershipInline(admin.TabularInline):
    """Roles are granted and revoked, never edited."""

    model = Membership
    extra = 0
    fields = ("site", "role")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(site__in=sites_with(request.user, "manage_users").values("pk"))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Site:
            kwargs["queryset"] = sites_with(request.user, "manage_users")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class UserAddForm(forms.ModelForm):
    """Name, kind and first password; roles stand below."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), required=False, strip=False
    )

    class Meta:
        model = User
        fields = ("username", "display_name", "kind")


@admin.register(User)
class UserAdmin(ScopedModelAdmin):
    site_permission = "manage_users"
    read_only = False
    access_action = Action.USERS_VIEWED
    list_display = ("username", "display_name", "kind", "is_active", "roles", "last_login")
    list_filter = ("is_active", "kind")
    search_fields = ("username", "display_name")
    fields = ("username", "display_name", "kind", "is_active", "last_login", "deactivated_at")
    inlines = (MembershipInline,)
    actions = ("deactivate",)

    def scoped(self, queryset: QuerySet, user: Any) -> QuerySet:
        return queryset.filter(pk__in=users_managed_by(user).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("memberships__site")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else UserAddForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("username", "display_name", "kind", "password")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            return
        made = user_create(
            organisation=request.user.organisation,
            username=obj.username,
            password=form.cleaned_data["password"] or None,
            display_name=obj.display_name,
            kind=obj.kind,
            actor=request.user,
        )
        obj.__dict__.update(made.__dict__)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        asked = formset.save(commit=False)
        for gone in formset.deleted_objects:
            role_revoke(user=gone.user, site=gone.site, role=gone.role, actor=request.user)
        for membership in asked:
            role_grant(user=form.instance, site=membership.site, role=membership.role, actor=request.user)

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(f"{m.role.replace('_', ' ')} at {m.site.name}" for m in user.memberships.all())

    @admin.action(description="Deactivate; sessions and tokens end now", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet) -> None:
        ended = [user_deactivate(user=user, actor=request.user) for user in queryset]
        self.message_user(request, f"{len(ended)} deactivated.")


class TokenAddForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(choices=sorted(PERMISSIONS.items()), widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(min_value=1, max_value=LONGEST_DAYS, initial=LONGEST_DAYS)

    class Meta:
        model = ServiceToken
        fields = ("user", "name")


@admin.register(ServiceToken)
class ServiceTokenAdmin(ScopedModelAdmin):
    site_permission = "manage_users"
    read_only = False
    list_display = ("name", "prefix", "user", "expires_at", "revoked_at", "last_used_at")
    list_filter = ("expires_at",)
    search_fields = ("name", "user__username")
    shown = ("user", "name", "prefix", "scopes", "expires_at", "revoked_at", "last_used_at", "created_by")
    actions = ("revoke",)

    def scoped(self, queryset: QuerySet, user: Any) -> QuerySet:
        return queryset.filter(pk__in=tokens_managed_by(user).values("pk"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs if obj else {**kwargs, "form": TokenAddForm})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ("user", "name", "scopes", "days")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            accounts = users_managed_by(request.user)
            kwargs["queryset"] = accounts.filter(kind=User.Kind.SERVICE, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ServiceToken, form: Any, change: bool) -> None:
        if change:
            return
        asked = form.cleaned_data
        row, token = token_create(
            user=asked["user"], name=asked["name"], scopes=asked["scopes"], days=asked["days"], actor=request.user
        )
        obj.__dict__.update(row.__dict__)
        request.token_shown_once = token

    def response_add(self, request: HttpRequest, obj: ServiceToken, post_url_continue: Any = None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "token": request.token_shown_once, "row": obj}
        return TemplateResponse(request, "registration/token_created.html", context)

    @admin.action(description="Revoke now", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        ended = [token_revoke(token=token, actor=request.user) for token in queryset]
        self.message_user(request, f"{len(ended)} revoked.")


@admin.register(KeyRecord)
class KeyRecordAdmin(ScopedModelAdmin):
    """Which key-encryption keys there are; their material is with their provider."""

    site_permission = "manage_keys"
    list_display = ("version", "provider", "state", "created_at", "retired_at")
    list_filter = ("state",)
