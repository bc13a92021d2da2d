"""Stands in the way of Django's `flush`, which would empty the audit trail with every other table.

Tests that cannot stand in a transaction empty the database between them with this command: under the test settings,
and on SQLite only, the append-only triggers are lifted for that moment and put back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as DjangoFlush
from django.db import connection

from accounts.models import AuditEvent


class Command(DjangoFlush):
    help = "Refused: the audit trail is never emptied."

    def handle(self, **options: Any) -> None:
        if not getattr(settings, "AUDIT_TRAIL_MAY_BE_FLUSHED", False) or connection.vendor != "sqlite":
            raise CommandError("Refused: the audit trail is never emptied. `make reset` starts over.")
        with _triggers_lifted():
            super().handle(**options)


@contextmanager
def _triggers_lifted() -> Iterator[None]:
    table = AuditEvent._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _, sql in triggers:
                cursor.execute(sql)
