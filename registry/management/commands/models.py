"""Model versions on the command line: what there is, and weights from elsewhere."""

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.errors import DomainError
from registry.access import model_manager_named
from registry.errors import VersionUnknown
from registry.listing import line_json, line_text, overview_json, overview_text
from registry.overview import models_overview, version_lines
from registry.runtime.importing.fetch import weights_fetch
from registry.runtime.importing.names import MAPS
from registry.runtime.importing.request import WeightsRequest
from registry.services.imports import model_import

REDRAW_SECONDS = 0.5


class Command(BaseCommand):
    help = "List model versions, show one, import weights from elsewhere, fetch torchvision's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listed = acts.add_parser("list", help="every version by case type, with route, digest, figures, gate, engine")
        listed.add_argument("--json", action="store_true")
        listed.add_argument("--all", action="store_true", help="retired versions too")
        shown = acts.add_parser("show", help="everything about one version")
        shown.add_argument("name", help='a name, or "name version"')
        shown.add_argument("--json", action="store_true")
        shown.add_argument("--card", action="store_true", help="the model card too")
        fetched = acts.add_parser("fetch", help="torchvision's ImageNet weights, into the data folder")
        fetched.add_argument("name", metavar="ARCHITECTURE")
        _import_arguments(acts.add_parser("import", help="register weights from elsewhere as a candidate"))

    def handle(self, *args: Any, **options: Any) -> None:
        acts = {"list": self._list, "show": self._show, "fetch": self._fetch, "import": self._import}
        try:
            acts[options["act"]](options)
        except DomainError as error:
            raise CommandError(_told(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        groups = models_overview(retired=options["all"])
        self.stdout.write(json.dumps(overview_json(groups), indent=2) if options["json"] else overview_text(groups))

    def _show(self, options: dict[str, Any]) -> None:
        lines = version_lines(options["name"])
        if not lines:
            raise VersionUnknown
        if options["json"]:
            self.stdout.write(json.dumps([line_json(line) for line in lines], indent=2))
            return
        self.stdout.write("\n\n".join(line_text(line) for line in lines))
        if options["card"]:
            cards = {line.version.id: line.version.card for line in lines}
            self.stdout.write("\n" + "\n\n".join(filter(None, cards.values())))

    def _fetch(self, options: dict[str, Any]) -> None:
        from registry.runtime.importing.published import published_url  # torchvision's table comes with torch

        progress = _Progress()
        fetched = weights_fetch(published_url(options["name"]), settings.DATA_DIR / "weights", progress=progress)
        progress.end()
        self.stdout.write(f"{fetched.path}  sha256 {fetched.sha256}" + ("" if fetched.fetched else "  (was here)"))

    def _import(self, options: dict[str, Any]) -> None:
        actor = model_manager_named(options["as_user"]) if options["as_user"] else None
        imported = model_import(_request(options), actor=actor)
        version = imported.version
        self.stdout.write(
            f"Registered {version} as a {version.state}: {version.architecture}, {imported.n_tensors} tensors, "
            f"{len(version.labels)} labels, sha256 {version.sha256}.\n"
            "Not calibrated here: it has no operating point, so it never calls a finding positive. Evaluate it, then "
            "route it."
        )


def _import_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--weights", required=True, type=Path, metavar="FILE")
    parser.add_argument("--map", dest="source", choices=MAPS, default="torchvision", help="how the file names weights")
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", dest="model_version", required=True)
    parser.add_argument("--case-type", dest="case_types", type=_names, required=True, metavar="TYPE[,TYPE]")
    parser.add_argument("--labels", type=_names, default=(), metavar="A,B", help="what the outputs mean, in order")
    parser.add_argument("--rows", type=_numbers, default=(), metavar="N,N", help="which output each label is, from 0")
    parser.add_argument("--size", type=int, help="side of the input in pixels; default: 224, 600 for efficientnet_b7")
    parser.add_argument("--mean", type=_values, default=(), metavar="M[,M,M]", help="default: ImageNet's")
    parser.add_argument("--std", type=_values, default=(), metavar="S[,S,S]", help="default: ImageNet's")
    parser.add_argument("--as", dest="as_user", metavar="USER", help="whom the audit trail names")


def _request(options: dict[str, Any]) -> WeightsRequest:
    if len(options["mean"]) != len(options["std"]):
        raise CommandError("--mean and --std belong together: one value each, or one a channel.")
    return WeightsRequest(
        architecture=options["architecture"],
        path=options["weights"],
        source=options["source"],
        name=options["name"],
        version=options["model_version"],
        case_types=options["case_types"],
        labels=options["labels"],
        rows=options["rows"],
        size=options["size"],
        mean=options["mean"],
        std=options["std"],
    )


def _told(error: DomainError) -> str:
    """The code first: scripts look for it; then the sentence, the remedy, and every name of a list in the details."""
    lines = [f"{error.code}: {error.message}", *filter(None, [error.remedy])]
    for kind, names in error.details.items():
        lines += [f"  {kind.replace('_', ' ')}:", *(f"    {name}" for name in names)]
    return "\n".join(lines)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in _names(text))
    except ValueError as error:
        raise ArgumentTypeError("whole numbers with commas between them") from error


def _values(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in _names(text))
    except ValueError as error:
        raise ArgumentTypeError("numbers with commas between them") from error
    if len(values) not in {1, 3}:
        raise ArgumentTypeError("one value, or one a channel")
    return values


class _Progress:
    """One line on stderr that is drawn over; silent where nobody watches."""

    def __init__(self) -> None:
        self.watched, self.drawn_at = sys.stderr.isatty(), 0.0

    def __call__(self, here: int, total: int | None) -> None:
        now = time.monotonic()
        if self.watched and (now - self.drawn_at > REDRAW_SECONDS or here == total):
            share = "" if not total else f" of {total / 1e6:.1f} MB, {100 * here // total} %"
            sys.stderr.write(f"\r{here / 1e6:.1f} MB{share}   ")
            self.drawn_at = now

    def end(self) -> None:
        if self.watched and self.drawn_at:
            sys.stderr.write("\n")
