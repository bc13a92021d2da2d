"""Run in a process of its own by test_killed_acts.py, over an installation that has ended: what needs keys to be seen.

python -m tests.killed_steps     prints JSON
"""

import json
from datetime import timedelta
from typing import Any

import django

NOW = timedelta(0)


def audit_broken() -> list[str]:
    """Events whose leaf is not theirs, or whose detail cannot be opened."""
    from accounts.audit.canonical import leaf_hash
    from accounts.audit.record import event_detail, leaf_columns
    from accounts.models import AuditEvent

    broken = []
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=500):
        event_detail(event)
        if leaf_hash(leaf_columns(event)) != bytes(event.leaf):
            broken.append(str(event.id))
    return broken


def objects_after_sweep() -> dict[str, Any]:
    """What lies on the disk and belongs to nothing once the clean-up has run; and what it took."""
    from django.core.files.storage import storages

    from accounts.models import StoredObject
    from accounts.services.objects import object_read
    from imaging.models import Finding, Instance
    from imaging.services.orphans import orphans_sweep

    swept = orphans_sweep(older_than=NOW)
    storage = storages["images"]
    files = {f"{folder}/{file}" for folder in storage.listdir("")[0] for file in storage.listdir(folder)[1]}
    rows = {stored.name: stored for stored in StoredObject.objects.all()}
    used = set(Instance.objects.values_list("stored_object__name", flat=True))
    used |= set(Finding.objects.filter(heatmap__isnull=False).values_list("heatmap__name", flat=True))
    for stored in rows.values():
        object_read(stored)
    return {
        "swept": [swept.uploads, swept.files],
        "files_without_row": sorted(files - set(rows)),
        "rows_without_file": sorted(set(rows) - files),
        "rows_of_nothing": sorted(set(rows) - used),
    }


def entries_changed_by_rebuild() -> list[str]:
    """Studies whose entry did not follow from what is stored."""
    from feedback.models import WorklistEntry
    from feedback.services.worklist_entries import worklist_rebuild

    before = {row["study_id"]: row for row in WorklistEntry.objects.values()}
    worklist_rebuild()
    after = {row["study_id"]: row for row in WorklistEntry.objects.values()}
    return [str(study) for study in before.keys() | after.keys() if before.get(study) != after.get(study)]


def films() -> dict[str, dict[str, str]]:
    """By SHA-256: the study, the number of its claim, and how many likenesses name it."""
    from imaging.models import FilmMatch, Instance

    rows = Instance.objects.select_related("series__study__insurance_claim")
    pairs = list(FilmMatch.objects.values_list("instance__sha256", "other_instance__sha256"))
    return {
        row.sha256: {
            "study": str(row.series.study_id),
            "claim": claim.claim_number if (claim := row.series.study.insurance_claim) else "",
            "alike": sorted({*(a for a, b in pairs if b == row.sha256), *(b for a, b in pairs if a == row.sha256)}),
        }
        for row in rows
    }


def report() -> dict[str, Any]:
    from imaging.services.film_matches import studies_to_search
    from imaging.worker import films_look

    missed = studies_to_search().count()
    films_look()
    return {
        "audit_broken": audit_broken(),
        "objects": objects_after_sweep(),
        "entries_changed": entries_changed_by_rebuild(),
        "not_looked_for": [missed, studies_to_search().count()],
        "films": films(),
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(report()))
