"""Page: the report of one read, light and made to be printed. Its films come through the API, each fetch audited."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.errors import NotFound
from accounts.policy import on_site, policy
from feedback.reports.blocks import Mark
from feedback.reports.images import LONGEST_SIDE
from feedback.reports.sheet import (
    AS_DISPLAYED,
    LEGEND,
    MAP_WORDS,
    SCALE,
    TITLE,
    facts_of_patient,
    facts_of_read,
    left_out_words,
    unlisted_words,
)
from feedback.reports.values import ImagePlan
from feedback.services.reports import IssuedReport, report_view

TAG_SHARE = 28
"""The words at a box are the picture's longer side / this high."""


@dataclass(frozen=True, slots=True)
class Box:
    """A mark as SVG draws it, in pixels of the stored frame: y grows downwards there too."""

    mark: Mark
    width: float
    height: float
    words_x: float
    words_y: float
    words_size: float


@dataclass(frozen=True, slots=True)
class Picture:
    plan: ImagePlan
    grey: str
    heatmap: str
    boxes: tuple[Box, ...]


@policy(on_site("view_study"))
@require_safe
def report_page(request: HttpRequest, study_id: UUID) -> HttpResponse:
    issued = report_view(user=request.user, study_id=study_id, read_id=_read_id(request.GET.get("read", "")))
    response = render(request, "diagnostics/report.html", _context(issued))
    response["Cache-Control"] = "no-store"
    return response


def _read_id(given: str) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError as error:
        raise NotFound from error


def _context(issued: IssuedReport) -> dict[str, Any]:
    report = issued.report
    pdf = reverse("api-study-report", args=[issued.study.id])
    pictures = [_picture(plan) for plan in report.images]
    return {
        "title": TITLE,
        "issued": issued,
        "report": report,
        "patient": facts_of_patient(report),
        "read": facts_of_read(report),
        "placed": any(line.place for line in report.findings),
        "unlisted": unlisted_words(report),
        "left_out": left_out_words(report),
        "pictures": pictures,
        "marked": any(picture.boxes for picture in pictures),
        "mapped": any(picture.heatmap for picture in pictures),
        "legend": LEGEND.entries,
        "scale": SCALE,
        "as_displayed": AS_DISPLAYED,
        "map_words": MAP_WORDS,
        "pdf": f"{pdf}?read={report.read_id}",
        "study": reverse("study", args=[issued.study.id]),
    }


def _picture(plan: ImagePlan) -> Picture:
    frame = reverse("api-frame", args=[plan.instance_id, plan.frame])
    heatmap = reverse("api-heatmap", args=[plan.heatmap_of]) if plan.heatmap_of else ""
    boxes = tuple(_box(mark, plan) for mark in plan.marks)
    return Picture(plan, f"{frame}?max_side={LONGEST_SIDE}", heatmap, boxes)


def _box(mark: Mark, plan: ImagePlan) -> Box:
    """The words stand above the box's left corner, or inside the picture's edge."""
    size = max(plan.columns, plan.rows) / TAG_SHARE
    return Box(
        mark=mark,
        width=mark.box.width,
        height=mark.box.height,
        words_x=max(0.0, mark.box.left),
        words_y=max(size, mark.box.top - size * 0.25),
        words_size=size,
    )
