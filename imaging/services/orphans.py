"""Objects are stored before the rows that name them: a process that dies in between leaves an object to nobody."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import StoredObject
from accounts.services.objects import object_destroy, objects_in_quarantine, objects_sweep
from imaging.models import Finding, Instance
from imaging.services.engine_sweep import graphs_sweep


@dataclass(frozen=True, slots=True)
class Swept:
    """How many were removed."""

    uploads: int
    heatmaps: int
    files: int
    graphs: int


def orphans_sweep(*, older_than: timedelta = timedelta(hours=24)) -> Swept:
    """Destroy what is older than that and belongs to nothing. Whatever is on its way in is younger."""
    waiting = objects_in_quarantine(kind="original", older_than=older_than)
    uploads = sum(_destroy_unless_used(stored) for stored in waiting)
    unnamed = StoredObject.objects.filter(kind="heatmap", created_at__lt=timezone.now() - older_than)
    unnamed = unnamed.exclude(pk__in=Finding.objects.filter(heatmap__isnull=False).values("heatmap"))
    heatmaps = sum(_destroy_unless_used(stored) for stored in unnamed.iterator())
    files, graphs = objects_sweep(older_than=older_than), graphs_sweep(older_than=older_than)
    return Swept(uploads=uploads, heatmaps=heatmaps, files=files, graphs=graphs)


@transaction.atomic
def _destroy_unless_used(stored: StoredObject) -> int:
    """Looked at again under the row's lock: it may have been adopted this moment."""
    row = StoredObject.objects.select_for_update().filter(pk=stored.pk).first()
    if row is None or _is_used(row):
        return 0
    object_destroy(row)
    return 1


def _is_used(stored: StoredObject) -> bool:
    return Instance.objects.filter(stored_object=stored).exists() or Finding.objects.filter(heatmap=stored).exists()
