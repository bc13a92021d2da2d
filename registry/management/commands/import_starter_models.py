"""Registers the shipped models and their routes; safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import DomainError
from registry.services.starters import starter_models_import


class Command(BaseCommand):
    help = "Register the shipped models and their routes. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            versions = starter_models_import(say=self.stderr.write)
        except DomainError as error:
            raise CommandError(error.message) from error
        for version in versions:
            self.stdout.write(
                f"{version.name} {version.version}  {version.sha256[:12]}  {', '.join(version.case_types)}"
            )
