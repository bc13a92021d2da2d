"""Removes what belongs to nothing: bytes without a row, uploads nobody adopted, heatmaps and graphs nobody names."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from imaging.services.orphans import orphans_sweep


class Command(BaseCommand):
    help = "Remove stored objects that belong to nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hours", type=float, default=24.0, help="only what is older than this; 24 unless told")

    def handle(self, *args: Any, **options: Any) -> None:
        swept = orphans_sweep(older_than=timedelta(hours=options["hours"]))
        self.stdout.write(
            f"{swept.uploads} uploads, {swept.heatmaps} heatmaps, {swept.files} files without a row, "
            f"{swept.graphs} exported graphs were removed."
        )
