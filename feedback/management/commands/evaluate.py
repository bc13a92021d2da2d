"""manage.py evaluate: a labelled folder, a case type -> a measured report of the versions that read it."""

import contextlib
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from accounts.errors import DomainError
from imaging.pipeline.values import CASE_TYPES

EXIT_USAGE, EXIT_NOT_MEASURED, EXIT_INTERRUPTED = 2, 3, 130


class Command(BaseCommand):
    help = "Measure the versions that read a case type on a labelled folder; docs/evaluation.md describes the folder."
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's own attribute)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--case-type", required=True, choices=CASE_TYPES)
        parser.add_argument("--dataset", required=True, type=Path, metavar="DIR", help="the labelled folder")
        parser.add_argument("--split", help="val, train, all, or another that the index names; default: val, else all")
        parser.add_argument("--version", dest="version_name", metavar="NAME", help="one version, whatever is routed")
        parser.add_argument("--against", metavar="NAME", help="a second detector, compared with that of --version")
        parser.add_argument("--starters", action="store_true", help="the shipped files; needs no database")
        parser.add_argument("--json", action="store_true", help="the documents on stdout, as JSON lines")
        parser.add_argument("--out", type=Path, metavar="DIR", help="folder for report and documents")
        parser.add_argument("--card", action="store_true", help="write shipped versions' cards and evaluations, too")
        parser.add_argument("--floor", action="store_true", help="a linear probe beside it; reads the train split too")
        parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap")

    # Django's own --version prints Django's version; ours names a model.
    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["resamples"] < 1:
            raise CommandError("--resamples: at least 1.", returncode=EXIT_USAGE)
        if options["against"] and not options["version_name"]:
            raise CommandError("--against needs --version: the two are compared.", returncode=EXIT_USAGE)
        # Whatever a library prints belongs on stderr: stdout is the contract's.
        with contextlib.redirect_stdout(sys.stderr), _told():
            self._evaluate(options)

    def _evaluate(self, options: dict[str, Any]) -> None:
        # torch comes with what reads the films: not when Django lists its commands
        from feedback.evaluation.run import EvaluationRequest, evaluation_run

        out = options["out"] or settings.DATA_DIR / "evaluations"
        request = EvaluationRequest(
            case_type=options["case_type"],
            dataset=options["dataset"],
            split=options["split"],
            version=options["version_name"],
            starters=options["starters"],
            out=out,
            card=options["card"],
            resamples=options["resamples"],
            floor=options["floor"],
            against=options["against"],
        )
        finished = evaluation_run(request)
        for line in finished.documents if options["json"] else finished.lines:
            self.stdout.write(line)
        for sentence in (*finished.notices, f"Report: {finished.report}"):
            sys.stderr.write(f"{sentence}\n")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What may go wrong, as a sentence with its code, and an exit code."""
    try:
        yield
    except DomainError as error:
        sentence = f"{error.code}: {error.message} {error.remedy or ''}".strip()
        raise CommandError(sentence, returncode=EXIT_NOT_MEASURED) from error
    except DatabaseError as error:
        message = "The database is not set up yet: run `make run` first, or take the shipped versions with --starters."
        raise CommandError(message, returncode=EXIT_USAGE) from error
    except KeyboardInterrupt:
        raise CommandError("Interrupted.", returncode=EXIT_INTERRUPTED) from None
    except OSError as error:
        raise CommandError(f"Cannot write the report: {error.strerror}.", returncode=EXIT_USAGE) from error
