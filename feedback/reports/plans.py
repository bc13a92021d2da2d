"""Which key images a report shows: each frame with its boxes, then each map that speaks for a finding, over it."""

from collections.abc import Sequence
from uuid import UUID

from feedback.models import Verdict
from feedback.reports.blocks import Mark
from feedback.reports.lines import Item, place_words
from feedback.reports.shape import shape_of
from feedback.reports.values import ImagePlan
from feedback.vocabulary import plain
from imaging.models import Instance
from imaging.services.finding_rows import box_of

MOST_IMAGES = 12
"""A study of slices may have findings on hundreds: a report stays bounded in time and size, and says what it lacks."""

Numbered = tuple[int, Item]


def image_plans(items: Sequence[Item], instances: Sequence[Instance]) -> tuple[tuple[ImagePlan, ...], int]:
    """The key images in the order of the findings, MOST_IMAGES at most; and how many more there would be.

    A study without any finding to show has its first frame: the reader's word is about a picture.
    """
    by_place: dict[tuple[UUID, int], list[Numbered]] = {}
    for number, item in enumerate(items, start=1):
        by_place.setdefault(item.place, []).append((number, item))
    known = {instance.id: instance for instance in instances}
    plans: list[ImagePlan] = []
    for place, here in by_place.items():
        if place[0] in known:
            plans += _of_frame(place, here, known[place[0]], place_words(place, instances))
    if not plans and instances:
        first = instances[0]
        where = place_words((first.id, 0), instances)
        plans = [_plan(first, 0, None, (), f"{_start(where)}as displayed.")]
    return tuple(plans[:MOST_IMAGES]), max(0, len(plans) - MOST_IMAGES)


def _of_frame(place: tuple[UUID, int], here: list[Numbered], instance: Instance, where: str) -> list[ImagePlan]:
    marks = tuple(mark for number, item in here for mark in marks_of(number, item))
    mapped = [(number, item) for number, item in here if _has_map(item)]
    boxed = [str(number) for number, item in here if item.box]
    shows = f"finding{'s'[: len(boxed) > 1]} {', '.join(boxed)}." if boxed else "as displayed."
    plans = [_plan(instance, place[1], None, marks, f"{_start(where)}{shows}")]
    for number, item in mapped:
        assert item.finding is not None
        caption = (
            f"{_start(where)}finding {number}, {plain(item.finding.label)}: what speaks for it in the model's eyes."
        )
        plans.append(_plan(instance, place[1], item.finding.id, tuple(marks_of(number, item)), caption))
    return plans


def marks_of(number: int, item: Item) -> list[Mark]:
    """The box that holds; beside it the model's, where the reader's correction moved it."""
    marks = []
    shown = item.box
    if item.verdict == Verdict.CORRECTED and item.finding is not None:
        before = box_of(item.finding)
        marks += [Mark(before, "", "model")] if before and before != shown else []
    return [*marks, Mark(shown, str(number), item.whose)] if shown else marks


def _has_map(item: Item) -> bool:
    """A map is shown for what a model says is there, and no reader denies."""
    finding = item.finding
    return bool(finding and finding.heatmap_id and finding.label_positive and item.verdict != Verdict.REJECTED)


def _plan(instance: Instance, frame: int, heatmap_of: UUID | None, marks: tuple[Mark, ...], caption: str) -> ImagePlan:
    words = caption[0].upper() + caption[1:]
    shape = shape_of(instance.pixel_spacing)
    width, height = shape.size(instance.columns, instance.rows)
    return ImagePlan(instance.id, frame, width, height, heatmap_of, shape.marks(marks), words)


def _start(where: str) -> str:
    return f"{where}: " if where else ""
