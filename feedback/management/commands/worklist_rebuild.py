"""Makes every entry of the worklist again, from the studies, reads, claims and requests that they follow from."""

from typing import Any

from django.core.management.base import BaseCommand

from feedback.services.worklist_entries import worklist_rebuild


class Command(BaseCommand):
    help = "Make every entry of the worklist again. Readers may go on meanwhile; leases stay."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{worklist_rebuild()} studies are on the worklist.")
