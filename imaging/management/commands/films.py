"""Films that can be known again: how many cannot yet, and making it so."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.errors import DomainError
from imaging.services.film_matches import film_matches_search, studies_to_search
from imaging.services.fingerprints import fingerprint_fill, instances_without_fingerprint


class Command(BaseCommand):
    help = "Fill in fingerprints of images that are older than the resubmission check, and look for their films."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["list", "fill"], help="fill: fingerprints, then the films of claims")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "fill":
            self._fill()
        missing, waiting = instances_without_fingerprint().count(), studies_to_search().count()
        self.stdout.write(
            f"{missing} images without a fingerprint, {waiting} studies not looked for under their claim."
        )

    def _fill(self) -> None:
        """One image at a time; what cannot be read is said and left, so that a second run finds it again."""
        for instance in instances_without_fingerprint().iterator(chunk_size=100):
            try:
                fingerprint_fill(instance)
            except DomainError as error:
                self.stderr.write(f"{instance}: {error.code}")
        found = sum(len(film_matches_search(study)) for study in studies_to_search().iterator(chunk_size=100))
        self.stdout.write(f"{found} likenesses to films of other claims.")
