"""Files in, findings out, no server: one JSON object a frame, or a table."""

import contextlib
import json
import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from accounts.errors import DomainError
from imaging.pipeline.values import CASE_TYPES
from imaging.screening import ScreenOptions, files_of, screen_files
from imaging.screening_lines import Line
from imaging.screening_table import HEADING, NOTICE, table_row
from registry.selectors import shelved_build_of

if TYPE_CHECKING:
    from imaging.screening_store import ScreeningStore

EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_FAILED = 4
EXIT_INTERRUPTED = 130
STDOUT = 1


class Command(BaseCommand):
    help = "Analyse images without a server: one line a frame. Stores nothing unless --persist."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="DICOM, PNG or JPEG files, or folders of them")
        parser.add_argument("--json", action="store_true", help="one JSON object a frame and line, nothing else")
        parser.add_argument("--case-type", choices=CASE_TYPES, help="what was imaged, whatever the headers say")
        parser.add_argument("--heatmaps", type=Path, metavar="DIR", help="write arrays and overlays there")
        parser.add_argument("--persist", action="store_true", help="also store the studies, for the worker to analyse")
        parser.add_argument("--site", metavar="CODE", help="the site that --persist stores for; default: the first")
        parser.add_argument("--claim-number", metavar="NUMBER", help="the insurance claim that --persist stores under")
        parser.add_argument("--as", dest="as_user", metavar="USER", help="whom --persist names as the sender")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["heatmaps"] is not None:
            _make_folder(options["heatmaps"])
        files = list(files_of(options["paths"]))
        wanted = ScreenOptions(
            case_type=options["case_type"], heatmaps=options["heatmaps"], build_of=shelved_build_of()
        )
        store = _store(options) if options["persist"] else None
        statuses: Counter[str] = Counter()
        # Whatever a library prints belongs on stderr: stdout is the contract's.
        with contextlib.redirect_stdout(sys.stderr), _quiet_end():
            self._heading(as_json=options["json"])
            for line in _with_progress(screen_files(files, options=wanted), files=len(files)):
                self._write(line, as_json=options["json"])
                statuses[line["status"]] += 1
                if store is not None and (error := store.take(line)) is not None:
                    statuses["refused"] += 1
                    self.stderr.write(f"{line['file']}: not stored: {error.code}: {error.message}")
        if code := exit_code(statuses):
            raise SystemExit(code)

    def _heading(self, *, as_json: bool) -> None:
        if not as_json:
            self.stdout.write(f"{NOTICE}\n{HEADING}")

    def _write(self, line: Line, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(line, allow_nan=False) if as_json else table_row(line))
        self.stdout.flush()


def exit_code(statuses: Mapping[str, int]) -> int:
    """0 all analysed or not_analysed, 3 some refused, 4 a model failed (which says more than a refusal)."""
    if statuses.get("failed"):
        return EXIT_FAILED
    return EXIT_REFUSED if statuses.get("refused") else 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"--heatmaps: {folder} cannot be made or is no folder.", returncode=EXIT_USAGE) from error
    if not os.access(folder, os.W_OK):
        raise CommandError(f"--heatmaps: {folder} cannot be written to.", returncode=EXIT_USAGE)


def _store(options: Mapping[str, Any]) -> "ScreeningStore":
    """Opened before the first image, so that a wrong --site costs nothing. Only here is the database touched."""
    from imaging.screening_store import ScreeningStore

    try:
        store = ScreeningStore(
            site_code=options["site"],
            username=options["as_user"],
            case_type=options["case_type"],
            claim_number=options["claim_number"],
        )
    except DomainError as error:
        raise CommandError(f"--persist: {error.message}", returncode=EXIT_USAGE) from error
    except DatabaseError as error:
        message = "--persist: the database is not set up yet; run `make run` first."
        raise CommandError(message, returncode=EXIT_USAGE) from error
    sys.stderr.write(f"Storing for {store.site.name} as {store.actor.username}.\n")
    return store


@contextlib.contextmanager
def _quiet_end() -> Iterator[None]:
    """A reader that stops reading (`| head`), an interrupt and a full disk end the run with at most a sentence."""
    try:
        yield
    except BrokenPipeError:
        # The interpreter flushes stdout once more at the end: give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
    except KeyboardInterrupt:
        raise CommandError("Interrupted.", returncode=EXIT_INTERRUPTED) from None
    except OSError as error:
        raise CommandError(f"Cannot write: {error.strerror}.", returncode=EXIT_USAGE) from error


def _with_progress(lines: Iterator[Line], *, files: int) -> Iterator[Line]:
    """The same lines; on a terminal, stderr says how far the run is."""
    shows = sys.stderr.isatty()
    started, seen, frames = time.monotonic(), set[str](), 0
    for line in lines:
        yield line
        seen.add(line["file"])
        frames += 1
        if shows:
            rate = frames / max(time.monotonic() - started, 1e-3)
            sys.stderr.write(f"\r{len(seen)} of {files} files, {frames} frames, {rate:.1f} frames a second ")
            sys.stderr.flush()
    if shows and frames:
        sys.stderr.write("\n")
