"""What serves each routed version on this machine, and making it anew."""

import os
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.errors import DomainError
from imaging.worker import parent_watch, threads_limit
from registry.models import EngineBuild, ModelVersion
from registry.selectors import builds_here, serving_build, versions_in_use

NICENESS = 5


class Command(BaseCommand):
    help = "List the inference engines of every routed version, make what is missing, or make all of them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["list", "make", "rebuild"], help="make: what is due; rebuild: all")
        parser.add_argument("--name", metavar="NAME", help="only versions of this name")
        parser.add_argument("--with-parent", type=int, metavar="PID", help="end when this parent process has ended")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] != "list":
            self._make(everything=options["action"] == "rebuild", name=options["name"], parent=options["with_parent"])
            return
        for version in _of_name(versions_in_use(), options["name"]):
            self._list(version)

    def _make(self, *, everything: bool, name: str | None, parent: int | None) -> None:
        threads_limit(settings.WORKER_THREADS)
        if parent is not None:
            os.nice(NICENESS)  # Beside a worker that has images to read.
            parent_watch(parent, _Ending())
        # Imported here: `list` needs neither torch nor OpenVINO.
        from imaging.services.engine_sweep import graphs_sweep
        from imaging.services.engines import engines_make, versions_due

        due = versions_in_use() if everything else versions_due()
        failed = 0
        for version in _of_name(due, name):
            try:
                engines_make(version)
            except DomainError as error:
                failed += 1
                self.stderr.write(f"{version}: {error.message}")
                continue
            self._list(version)
        graphs_sweep()
        if failed:
            raise CommandError("Not every engine could be made; torch serves those versions.")

    def _list(self, version: ModelVersion) -> None:
        serving = serving_build(version)
        builds = builds_here(version)
        self.stdout.write(f"{version}: {serving.engine if serving else 'torch'} serves")
        for build in builds:
            self.stdout.write(f"  {build.engine:<14} {_speed(build):>12}  {_parity(build)}")


class _Ending(threading.Event):
    """A stop that takes effect at once: nothing here needs a tidy end."""

    def set(self) -> None:
        os._exit(1)


def _of_name(versions: list[ModelVersion], name: str | None) -> list[ModelVersion]:
    return [version for version in versions if name in {None, version.name}]


def _speed(build: EngineBuild) -> str:
    return "-" if build.milliseconds_per_image is None else f"{build.milliseconds_per_image:.1f} ms"


def _parity(build: EngineBuild) -> str:
    if build.reason:
        return f"refused: {build.reason}"
    parity = build.parity
    if "n_images" not in parity:
        return "the reference"
    if "n_boxes" in parity:
        return (
            f"{parity['n_images']} {parity['source']}: {parity['within']:.1%} of {parity['n_boxes']} "
            f"{parity['compared']} within 1 px and .01; probability max {_number(parity['probability_max'])}, "
            f"box max {_number(parity['box_max'])} px"
        )
    return (
        f"{parity['n_images']} {parity['source']}: probability p99 {parity['probability_p99']:.5f}, "
        f"max {parity['probability_max']:.5f}; heatmap p99 {parity['heatmap_p99']:.5f}"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5f}"
