"""How a compliance officer finds an event."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.access import sites_with
from accounts.audit.actions import Action, Outcome


class ActionFilter(admin.SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action.value, action.sentence) for action in Action]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(action=self.value()) if self.value() else queryset


class OutcomeFilter(admin.SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(outcome.value, outcome.value) for outcome in Outcome]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(outcome=self.value()) if self.value() else queryset


class SiteFilter(admin.SimpleListFilter):
    title = "site"
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        sites = sites_with(request.user, model_admin.site_permission).order_by("name")
        return [(str(site.pk), site.name) for site in sites]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {pk for pk, _ in self.lookup_choices}
        return queryset.filter(site_id=self.value()) if self.value() in known else queryset


def search_events(queryset: QuerySet, term: str) -> QuerySet:
    """By the id of anything that an event names, or by a part of the actor's name."""
    wanted = term.strip()
    if not wanted:
        return queryset
    try:
        found = UUID(wanted)
    except ValueError:
        return queryset.filter(actor_label__icontains=wanted)
    ids = Q(object_id=found) | Q(study_id=found) | Q(actor_id=found) | Q(patient_ref=found) | Q(id=found)
    return queryset.filter(ids)
