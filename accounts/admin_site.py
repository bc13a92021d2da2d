"""The administration, behind the same policy as everything else.

Only ScopedModelAdmin classes are registered here: scoped to the caller's organisation, read-only unless they say
otherwise, and audited at every look. What a third-party app registers by itself is left out.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, reverse

from accounts.access import has_permission_somewhere, sites_with
from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.errors import DomainError
from accounts.policy import PUBLIC, Policy, any_site
from accounts.roles import STAFF_PERMISSIONS


def may_enter_admin(user: Any) -> bool:
    """Holds at one site at least something that only staff roles include."""
    return has_permission_somewhere(user, *STAFF_PERMISSIONS)


class SecondReaderAdminSite(admin.AdminSite):
    """One way in: the portal's sign-in."""

    site_header = "Second Reader"
    site_title = "Second Reader administration"
    index_title = "Administration"
    enable_nav_sidebar = False
    policy = any_site(*STAFF_PERMISSIONS)

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter_admin(request.user)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        if admin_class is not None and issubclass(admin_class, ScopedModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: Any) -> None:
        """Apps that replace each other's registrations find theirs gone already."""
        if not isinstance(model_or_iterable, type) or self.is_registered(model_or_iterable):
            super().unregister(model_or_iterable)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without the redirect to any object of any model (`r/...`), which asks nobody."""
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        asked = request.GET.get("next", reverse("admin:index"))
        return redirect_to_login(asked, reverse("sign-in"))

    login.policy = PUBLIC  # type: ignore[attr-defined]

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("password-change"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Kept for its address; the page that signs out is the portal's, by POST."""
        return HttpResponseRedirect(reverse("worklist"))


class ScopedModelAdmin(admin.ModelAdmin):
    """Rows of the caller's organisation, for whoever holds `site_permission` at one site, audited.

    Subclasses set:
        site_permission: the permission codename.
        organisation_path: lookup from the model to its organisation; None for rows of the installation itself.
        site_path: lookup to a site, when rows belong to the sites where the permission is held; else None.
        read_only: False to allow adding and changing, through services. Nothing is deleted here.
        access_action: what looking is audited as.
    """

    site_permission: str = ""
    organisation_path: str | None = "organisation"
    site_path: str | None = None
    read_only: bool = True
    access_action: Action = Action.RECORDS_VIEWED
    actions: Any = None
    change_form_template = "registration/admin_change_form.html"
    show_full_result_count = False
    list_per_page = 50

    @property
    def policy(self) -> Policy:
        return any_site(self.site_permission)

    def scoped(self, queryset: QuerySet, user: Any) -> QuerySet:
        """What this user may see of all rows."""
        if self.organisation_path is not None:
            queryset = queryset.filter(**{self.organisation_path: user.organisation_id})
        if self.site_path is not None:
            queryset = queryset.filter(**{f"{self.site_path}__in": sites_with(user, self.site_permission).values("pk")})
        return queryset

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.scoped(super().get_queryset(request), request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return has_permission_somewhere(request.user, self.site_permission)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_permission_somewhere(request.user, self.site_permission)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not self.read_only and self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not self.read_only and self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.audit_access(request, None)
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A refusal by a service is told on the form, and nothing of the attempt is kept."""
        if object_id is not None:
            self.audit_access(request, object_id)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            self.message_user(request, " ".join(filter(None, (error.message, error.remedy))), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history of a row is in the audit trail, not in Django's own log."""
        raise Http404

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Django's own log would keep a second, erasable history."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """See log_addition."""

    def audit_access(self, request: HttpRequest, object_id: str | None) -> None:
        """Committed before any row is read. Raises AuditUnavailable."""
        asked = {name: request.GET.getlist(name) for name in request.GET}
        record_access(
            self.access_action,
            organisation_id=request.user.organisation_id,
            actor=request.user,
            object_type=self.opts.model_name[:40],
            object_id=_as_uuid(object_id),
            detail={"asked": asked} if asked else None,
        )


def _as_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
