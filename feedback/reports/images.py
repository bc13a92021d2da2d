"""Key images as they are printed: frames as displayed, maps over them. Each file is opened once, one by one."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from accounts.services.objects import object_read
from feedback.reports.blocks import KeyImage
from feedback.reports.values import ImagePlan
from imaging import rendering, sandbox
from imaging.models import Finding, Instance
from imaging.services.heatmaps import heatmap_unpack

LONGEST_SIDE = 1024


def key_images(plans: Sequence[ImagePlan]) -> list[KeyImage]:
    """The pictures of the plans, in their order; the window is the one of the file.

    Raises:
        RefusedFile: a file that was accepted can no longer be decoded. IntegrityBroken: its bytes have changed.
    """
    greys = _frames({(plan.instance_id, plan.frame) for plan in plans})
    maps = dict(_maps(plans))
    return [
        KeyImage(
            grey=greys[plan.instance_id, plan.frame],
            columns=plan.columns,
            rows=plan.rows,
            caption=plan.caption,
            heatmap=maps.get(plan.heatmap_of),
            marks=plan.marks,
        )
        for plan in plans
    ]


def _frames(places: set[tuple[UUID, int]]) -> dict[tuple[UUID, int], bytes]:
    """Each frame as displayed, PNG, long side <= LONGEST_SIDE."""
    found: dict[tuple[UUID, int], bytes] = {}
    instances = Instance.objects.select_related("stored_object", "series__study")
    for instance in instances.filter(id__in={instance_id for instance_id, _ in places}).order_by("id"):
        data = object_read(instance.stored_object)
        for frame in sorted(frame for instance_id, frame in places if instance_id == instance.id):
            found[instance.id, frame] = sandbox.render_frame_png(data, frame, max_side=LONGEST_SIDE)
    return found


def _maps(plans: Sequence[ImagePlan]) -> Iterator[tuple[UUID | None, bytes]]:
    """Finding id -> its map as RGBA PNG over the whole frame."""
    wanted = {plan.heatmap_of for plan in plans if plan.heatmap_of}
    for finding in Finding.objects.select_related("heatmap", "instance").filter(id__in=wanted):
        heatmap = heatmap_unpack(object_read(finding.heatmap), finding.heatmap_index)
        instance = finding.instance
        shrink = min(1.0, LONGEST_SIDE / max(instance.rows, instance.columns))
        width, height = (max(1, round(side * shrink)) for side in (instance.columns, instance.rows))
        yield finding.id, rendering.heatmap_png(heatmap, width=width, height=height, positive=True)
