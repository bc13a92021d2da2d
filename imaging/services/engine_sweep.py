"""Exported graphs that no build needs any more: of older exports, and of processes that died before their rows."""

import logging
from datetime import timedelta

from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from registry.models import ModelVersion
from registry.runtime.engines.shelf import graphs_by_version, graphs_recorded
from registry.runtime.errors import GraphUnusable
from registry.selectors import graphs_needed

logger = logging.getLogger(__name__)


def graphs_sweep(*, older_than: timedelta = timedelta(hours=24)) -> int:
    """Remove the graphs that are older than that and that neither the newest build of an engine on any machine nor any
    machine's record names. Returns how many."""
    on_shelf = graphs_by_version(storages["artefacts"])
    return sum(_version_sweep(sha256, names, older_than) for sha256, names in on_shelf.items())


@transaction.atomic
def _version_sweep(sha256: str, names: list[str], older_than: timedelta) -> int:
    """Under the lock of the version's row, which whoever writes its builds takes as well."""
    storage = storages["artefacts"]
    list(ModelVersion.objects.select_for_update().filter(sha256=sha256))
    try:
        needed = graphs_needed(sha256) | graphs_recorded(storage, sha256)
    except GraphUnusable:
        logger.warning("the graphs of a version stay: a record that names one of them cannot be read")
        return 0
    unneeded = [name for name in names if name not in needed]
    old = [name for name in unneeded if storage.get_modified_time(name) < timezone.now() - older_than]
    for name in old:
        storage.delete(name)
    return len(old)
