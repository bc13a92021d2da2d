"""Which routes of an installation from before `from_index` follow the index of the shipped models.

Nothing but the import of the shipped models made general routes: the portal, the API and the administration only set a
site's own. A call from a shell could have; where the audit trail knows of a general route that somebody set by name, none
is marked, and the import goes on to say what differs in place of changing it.
"""

from typing import Any

from django.db import migrations


def mark(apps: Any, editor: Any) -> None:
    by_hand = apps.get_model("accounts", "AuditEvent").objects.filter(action="route.changed", site_id=None)
    if not by_hand.exclude(actor_id=None).exists():
        apps.get_model("registry", "Route").objects.filter(site=None).update(from_index=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_append_only"),
        ("registry", "0003_route_from_index"),
    ]

    operations = [
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
