"""make reset: forget everything under the data folder, after asking."""

import shutil
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Deletes the database, the stored images and the keys of this installation, after asking."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            f"This deletes every study, user, key and audit row under {settings.DATA_DIR}. It cannot be undone."
        )
        if not options["yes"] and input("Type 'start over' to go on: ").strip() != "start over":
            self.stdout.write("Nothing was deleted.")
            return
        for name in ("storage", "keys", "logs"):
            shutil.rmtree(settings.DATA_DIR / name, ignore_errors=True)
        for path in [*settings.DATA_DIR.glob("db.sqlite3*"), settings.DATA_DIR / "demo-users.txt"]:
            path.unlink(missing_ok=True)
        self.stdout.write("Done. `make run` starts from the beginning.")
