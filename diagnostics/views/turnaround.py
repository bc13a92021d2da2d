"""Page: how long studies take and how long readers look, with and without AI shown; and the same figures as CSV."""

import csv
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.errors import InvalidInput
from accounts.models import Site
from accounts.policy import any_site, policy
from accounts.spreadsheets import plain_cell
from feedback.turnaround import CLASSES, NOT_JUDGED, PERMISSIONS, names_shown, turnaround, turnaround_sites
from feedback.turnaround_figures import FEW, Figures
from feedback.turnaround_plots import arms_plots, panels
from feedback.turnaround_values import LONGEST_DAYS, Period, Turnaround, TurnaroundFilter

COLUMNS = ("group", "name", "measure", "n", "median_seconds", "p90_seconds", "p99_seconds", "longest_seconds")


class TurnaroundForm(forms.Form):
    """What is asked for, in the address: a page that can be sent to a colleague."""

    site = forms.ChoiceField(required=False)
    triage = forms.ChoiceField(required=False, label="Class")
    first = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any, *, sites: list[Site]) -> None:
        usual = Period.up_to(timezone.now().date())
        given = {"first": usual.first.isoformat(), "last": usual.last.isoformat()} | {
            name: value for name, value in data.items() if value
        }
        super().__init__(given, auto_id="turnaround-%s", label_suffix="")
        self.fields["site"].choices = [("", "All my sites"), *((str(site.id), site.name) for site in sites)]
        self.fields["triage"].choices = [
            ("", "All classes"),
            *((name or "none", name or NOT_JUDGED) for name in CLASSES),
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if isinstance(first, date) and isinstance(last, date):
            try:
                given["period"] = Period.checked(first, last)
            except InvalidInput as error:
                raise forms.ValidationError(error.message) from error
        return given

    @property
    def wanted(self) -> TurnaroundFilter:
        given = self.cleaned_data
        triage = {"": None, "none": ""}.get(given["triage"], given["triage"])
        return TurnaroundFilter(given["period"], UUID(given["site"]) if given["site"] else None, triage)


@policy(any_site(*PERMISSIONS))
@require_safe
def turnaround_page(request: HttpRequest) -> HttpResponse:
    form = TurnaroundForm(request.GET, sites=turnaround_sites(request.user))
    if not form.is_valid():
        return render(request, "diagnostics/turnaround.html", {"form": form, "longest": LONGEST_DAYS}, status=400)
    _record(request, Action.TURNAROUND_VIEWED, form)
    shown = turnaround(request.user, form.wanted)
    page = {
        "form": form,
        "shown": shown,
        "tables": _tables(request, shown),
        "panels": panels(shown.series),
        "arms_plots": arms_plots(shown.arms),
        "few": FEW,
        "query": request.GET.urlencode(),
    }
    return render(request, "diagnostics/turnaround.html", page)


@policy(any_site(*PERMISSIONS))
@require_safe
def turnaround_csv(request: HttpRequest) -> HttpResponse:
    """The figures of the page, none of a single study; a group too small to show has its count alone."""
    form = TurnaroundForm(request.GET, sites=turnaround_sites(request.user))
    if not form.is_valid():
        raise InvalidInput("The period, the site or the class is not one to choose.", code="period_invalid")
    _record(request, Action.TURNAROUND_EXPORTED, form)
    shown, period = turnaround(request.user, form.wanted), form.wanted.period
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="turnaround-{period.first}-{period.last}.csv"'
    response["Cache-Control"] = "no-store"
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(shown))
    return response


def _tables(request: HttpRequest, shown: Turnaround) -> list[dict[str, Any]]:
    who = "Readers" if names_shown(request.user) else "You"
    tables = [("By class", "Class", shown.by_class), ("By site", "Site", shown.by_site)]
    tables += [("By week", "Week of", shown.by_week), (f"{who}", "Reader", shown.by_reader)]
    return [{"title": title, "column": column, "lines": lines} for title, column, lines in tables if lines]


def _rows(shown: Turnaround) -> list[list[Any]]:
    groups = {"all": [shown.overall], "class": shown.by_class, "site": shown.by_site, "week": shown.by_week}
    rows = []
    for group, lines in (groups | {"reader": shown.by_reader}).items():
        for line in lines:
            rows.append(_row(group, line.name, "received to signed", line.turnaround))
            rows.append(_row(group, line.name, "reading time to decision", line.reading))
    rows += [_row("stage", line.name, line.name, line.turnaround) for line in shown.stages]
    for arms in (*shown.arms, *shown.arms_by_reader):
        rows.append(_row("arm", arms.name, "reading time with AI shown", arms.with_ai))
        rows.append(_row("arm", arms.name, "reading time without AI shown", arms.without_ai))
    return rows


def _row(group: str, name: str, measure: str, figures: Figures) -> list[Any]:
    values = (figures.median, figures.p90, figures.p99, figures.longest)
    cells = ["" if value is None else round(value, 2) for value in values]
    return [group, plain_cell(name), measure, figures.n, *cells]


def _record(request: HttpRequest, action: Action, form: TurnaroundForm) -> None:
    wanted = form.wanted
    record_access(
        action,
        organisation_id=request.user.organisation_id,
        actor=request.user,
        object_type="turnaround",
        detail={
            "first": wanted.period.first.isoformat(),
            "last": wanted.period.last.isoformat(),
            "site": str(wanted.site_id or ""),
            "names": names_shown(request.user),
        },
    )
