"""Workers say that they are there."""

from datetime import timedelta

from django.utils import timezone

from imaging.models import WorkerPresence

FORGOTTEN_AFTER = timedelta(days=1)


def worker_seen(name: str) -> None:
    """Note that a worker is alive; those that have been silent for a day are forgotten."""
    now = timezone.now()
    if not WorkerPresence.objects.filter(name=name).update(seen_at=now):
        WorkerPresence.objects.create(name=name, started_at=now, seen_at=now)
        WorkerPresence.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()


def worker_left(name: str) -> None:
    """Note that a worker has ended in good order."""
    WorkerPresence.objects.filter(name=name).delete()
