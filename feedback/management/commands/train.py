"""manage.py train: a recipe, a folder of labelled sets, a seed -> an artefact with its manifest."""

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import DomainError


class Command(BaseCommand):
    """Trains one of the shipped recipes. Needs no database; progress goes to stderr, the outcome to stdout."""

    help = "Train a starter model: seeded, resumable, calibrated and measured out of fold."
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's own attribute)
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--recipe", required=True, help="a name of feedback.learning.recipes: chest-lite0, ...")
        parser.add_argument("--data", type=Path, help="folder of the labelled sets' folders; a miniature makes its own")
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--epochs", type=int, help="instead of the recipe's")
        parser.add_argument("--out", type=Path, help="folder of everything that is written: var/training/RECIPE")
        parser.add_argument(
            "--bodies",
            type=Path,
            default=Path("var/training/distilled"),
            help="folder of the distilled students",
        )
        parser.add_argument("--resume", action="store_true", help="go on from the checkpoints in that folder")
        parser.add_argument("--threads", type=int, default=1)
        parser.add_argument("--publish", action="store_true", help="put the result among registry/starter_models")
        parser.add_argument(
            "--register",
            action="store_true",
            help="register the result here and measure it on the set's hold-out; needs the database and --data",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # torch and what stands on it load here, not when Django lists its commands
        from feedback.learning.runs import RunOptions
        from feedback.learning.train import may_be_published, publish_outcome, train_recipe

        name = options["recipe"]
        if options["register"] and options["data"] is None:
            raise CommandError("--register needs --data: the hold-out is read from there.", returncode=2)
        run = RunOptions(
            seed=options["seed"],
            epochs=options["epochs"],
            out=options["out"] or Path("var") / "training" / name,
            resume=options["resume"],
            bodies=options["bodies"],
        )
        try:
            if options["publish"]:
                may_be_published(name)
            outcome = train_recipe(
                name, data=options["data"], options=run, command=_as_typed(), threads=options["threads"]
            )
            if options["publish"]:
                publish_outcome(outcome)
            if options["register"]:
                self._register(outcome, options["data"], run.out)
        except DomainError as error:
            raise CommandError(f"{error.message} {error.remedy or ''}".strip(), returncode=2) from error
        first, last = outcome.losses[0], outcome.losses[-1]
        self.stdout.write(f"{outcome.artefact} sha256 {outcome.sha256} loss {first:.4f} -> {last:.4f}")

    def _register(self, outcome: Any, data: Path, out: Path) -> None:
        from feedback.learning.client import register_and_measure
        from feedback.learning.recipes import RECIPES

        dataset = data / RECIPES[outcome.spec.name].terms.name
        finished = register_and_measure(outcome, dataset=dataset, out=out / "evaluation")
        for line in (*finished.lines, *finished.notices, f"Report: {finished.report}"):
            self.stdout.write(line)


def _as_typed() -> list[str]:
    return [Path(sys.argv[0]).name, *sys.argv[1:]]
