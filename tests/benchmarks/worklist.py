"""How fast a worklist of any size is, on both databases; and that nobody is handed what somebody else has.

    python -m tests.benchmarks.worklist [--sizes 10000,100000,1000000] [--databases sqlite,postgresql] [--rounds 60]
    python -m tests.benchmarks.worklist --race 10000 --readers 50 [--databases D,...] [--pause SECONDS]

Every request goes through the whole portal in this process: middleware, session, permission, view, a durable audit
row, JSON. Queries are all statements but those that begin and end transactions. Prints a table, writes
var/benchmarks/*.json.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.paths import REPOSITORY
from tests.postgres import server

RESULTS = REPOSITORY / "var" / "benchmarks"
POSTGRESQL = {"shared_buffers": "1GB", "max_wal_size": "8GB", "work_mem": "16MB", "effective_cache_size": "4GB"}
DATABASES = ("sqlite", "postgresql")


def main() -> int:
    asked = _arguments()
    results = [_kept(result) for database in asked.databases for result in _on(database, asked)]
    print(_race_table(results) if asked.race else _table(results))
    return 0


def _kept(result: dict[str, Any]) -> dict[str, Any]:
    """Written at once: the next size may take an hour."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    what = _race_name(result) if "studies" in result else str(result["size"])
    (RESULTS / f"worklist-{result['database']}-{what}.json").write_text(json.dumps(result, indent=1))
    return result


def _race_name(result: dict[str, Any]) -> str:
    return f"race-{result['studies']}" + (f"-pause-{result['pause']:g}" if result["pause"] else "")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_numbers, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--databases", type=lambda text: text.split(","), default=list(DATABASES))
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--sites", type=int, default=14)
    parser.add_argument(
        "--race", type=int, default=0, help="studies to be read by --readers at once, instead of timing"
    )
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--pause", type=float, default=0, help="seconds that a reader of the race looks at a study")
    parser.add_argument("--folder", type=Path, default=None, help="where databases are made; a temporary folder")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _on(database: str, asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Each size in a process and a database of its own."""
    for size in [asked.race] if asked.race else asked.sizes:
        with portal(database, asked.folder) as environment:
            given = (
                ["--race", str(size), "--readers", str(asked.readers), "--pause", str(asked.pause)]
                if asked.race
                else ["--size", str(size), "--rounds", str(asked.rounds)]
            )
            command = [sys.executable, "-m", "tests.benchmarks.worklist_run", *given, "--sites", str(asked.sites)]
            done = subprocess.run(
                command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True
            )
            yield {"database": database, **json.loads(done.stdout.splitlines()[-1])}


@contextmanager
def portal(database: str, folder: Path | None = None) -> Iterator[dict[str, str]]:
    """The environment of a portal with an empty database of its own."""
    data = Path(tempfile.mkdtemp(prefix="sr-worklist-", dir=folder))
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "diagnostics.settings.development",
        "SECOND_READER_DATA": str(data),
        "OMP_NUM_THREADS": "1",
    }
    try:
        if database == "sqlite":
            yield environment
            return
        with server(settings=POSTGRESQL) as running:
            yield environment | {"SECOND_READER_DATABASE_URL": running.create("portal")}
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _table(results: list[dict[str, Any]]) -> str:
    """One line a request: p50 / p95 and processor time in ms at each size, how the last size compares with the first in
    processor time, which other work on the machine does not lengthen much, and the queries."""
    lines = []
    for database in dict.fromkeys(result["database"] for result in results):
        of = [result for result in results if result["database"] == database]
        lines += ["", f"{database}: p50 / p95 (processor) ms, {of[0]['rounds']} requests each, {of[0]['sites']} sites"]
        lines += [
            "| request | "
            + " | ".join(f"{result['size']:,}" for result in of)
            + " | processor, last : first | queries |"
        ]
        lines += ["| --- |" + " ---: |" * (len(of) + 2)]
        lines += [_line(name, of) for name in of[0]["requests"]]
    return "\n".join(lines)


def _line(name: str, of: list[dict[str, Any]]) -> str:
    timed = [result["requests"][name] for result in of]
    cells = [f"{one['p50']:.0f} / {one['p95']:.0f} ({one['processor']:.0f})" for one in timed]
    ratio = timed[-1]["processor"] / timed[0]["processor"]
    most = max(one["queries"] for one in timed)
    return f"| {name} | {' | '.join(cells)} | {ratio:.2f} | {most} |"


def _race_table(results: list[dict[str, Any]]) -> str:
    names = (
        "database | readers | pause s | studies | read | twice | left | seconds | ms a study | hand p50 / p95 ms | "
        "signature p50 / p95 ms | refused as busy"
    )
    lines = [f"| {names} |", "| --- |" + " ---: |" * names.count(" | ")]
    return "\n".join([*lines, *(_race_line(one) for one in results)])


def _race_line(one: dict[str, Any]) -> str:
    counts = [str(one[name]) for name in ("studies", "read", "twice", "left")]
    times = [f"{one['seconds']:.0f}", f"{one['seconds'] * 1000 / one['studies']:.1f}"]
    waits = [f"{one[f'{act}_p50']:.0f} / {one[f'{act}_p95']:.0f}" for act in ("hand", "signature")]
    cells = [one["database"], str(one["readers"]), f"{one['pause']:g}", *counts, *times, *waits, str(one["refused"])]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
