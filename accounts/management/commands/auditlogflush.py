"""Stands in the way of django-auditlog's command of the same name, which deletes the feed of field changes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Refused: records of what was changed are not deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of the command it replaces, so that they are refused and not misunderstood."""
        parser.add_argument("-y", "--yes", action="store_true")
        parser.add_argument("-b", "--before-date")
        parser.add_argument("-t", "--truncate", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError("Refused: records of what was changed are not deleted.")
