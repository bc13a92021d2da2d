"""manage.py distil: unlabelled train films -> the weights of a backbone that comes with none."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import DomainError


class Command(BaseCommand):
    """Distils a student from ImageNet's EfficientNet-Lite0. Needs no database; progress goes to stderr."""

    help = "Teach a ResNet-18 or DenseNet-121 the stages of EfficientNet-Lite0 on train films: seeded, resumable."
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's own attribute)
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--student", required=True, choices=("resnet18", "densenet121"))
        parser.add_argument("--data", type=Path, help="folder of the sets' folders; the miniature makes its own")
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--out", type=Path, default=Path("var/training/distilled"), help="folder of the weights")
        parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in that folder")
        parser.add_argument("--threads", type=int, default=1)
        parser.add_argument("--miniature", action="store_true", help="phantoms and few steps, to see that it works")

    def handle(self, *args: Any, **options: Any) -> None:
        # torch and what stands on it load here, not when Django lists its commands
        from feedback.learning.distillation.recipes import DISTILLATIONS, miniature
        from feedback.learning.distillation.run import distil
        from feedback.learning.runs import RunOptions
        from registry.runtime.engines.allocator import keep_freed_memory

        if options["data"] is None and not options["miniature"]:
            raise CommandError("--data is missing: the folder that holds the sets' folders.", returncode=2)
        keep_freed_memory()
        recipe = DISTILLATIONS[options["student"]]
        run = RunOptions(seed=options["seed"], epochs=None, out=options["out"], resume=options["resume"])
        try:
            done = distil(
                miniature(recipe) if options["miniature"] else recipe,
                data=options["data"],
                options=run,
                threads=options["threads"],
            )
        except DomainError as error:
            raise CommandError(f"{error.message} {error.remedy or ''}".strip(), returncode=2) from error
        self.stdout.write(f"{done.weights} loss {done.losses[0]:.3f} -> {done.losses[-1]:.3f}")
