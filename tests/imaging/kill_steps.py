"""Run in processes of their own by test_kill.py: what has to exist before, and what must hold afterwards.

python -m tests.imaging.kill_steps prepare STARTER_FOLDER     prints a service account's token
python -m tests.imaging.kill_steps verify                     prints JSON
"""

import json
import sys
from collections import Counter
from pathlib import Path


def prepare(folder: str) -> None:
    """A site, a service account, the small models."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from accounts.services.tokens import token_create
    from registry.services.starters import starter_models_import
    from tests import factories

    starter_models_import(Path(folder))
    site = factories.make_site(factories.make_organisation("kill"), "kill")
    user = factories.make_user("service", site, username="modality")
    _, token = token_create(user=user, name="kill", scopes=["upload_study", "view_study"], days=1)
    print(token)


def verify() -> None:
    """Everything that is stored, opened and counted."""
    from accounts.models import AuditEvent, OutboxEvent, StoredObject
    from accounts.services.objects import object_read
    from imaging.models import Finding, InferenceRun, Instance

    broken = [str(stored.id) for stored in StoredObject.objects.all() if not object_read(stored)]
    runs = InferenceRun.objects.select_related("instance", "model_version").prefetch_related("frame_results")
    completed = Counter(
        str(object_id)
        for object_id in AuditEvent.objects.filter(action="inference.completed").values_list("object_id", flat=True)
    )
    report = {
        "broken_objects": broken,
        "instances": {
            instance.sha256: {"study": str(instance.series.study_id), "state": instance.series.study.analysis_state}
            for instance in Instance.objects.select_related("series__study")
        },
        "runs": [
            {
                "sha256": run.instance.sha256,
                "model": run.model_version.name,
                "state": run.state,
                "attempts": run.attempts,
                "frames": len(run.frame_results.all()),
                "completed_events": completed[str(run.id)],
            }
            for run in runs
        ],
        "findings_per_result": sorted(set(Counter(Finding.objects.values_list("result", flat=True)).values())),
        "received_events": AuditEvent.objects.filter(action="study.received").count(),
        "outbox": list(OutboxEvent.objects.order_by("sequence").values_list("sequence", flat=True)),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    import django

    django.setup()
    {"prepare": prepare, "verify": verify}[sys.argv[1]](*sys.argv[2:])
