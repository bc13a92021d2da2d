"""Where a version comes from: commit, command, date; written when a run starts and kept through every resume."""

import json
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the card says of a run.

    Attributes:
        commit: of the code that started it; "+changes" behind it when tracked files differed from the commit. A run
            that was resumed by another commit names that one too.
    """

    commit: str
    command: str
    started: str


def provenance_of(path: Path, *, command: Sequence[str], resume: bool) -> Provenance:
    """The stored provenance of a run that is resumed, else a new one, stored."""
    if resume and path.exists():
        begun = Provenance(**json.loads(path.read_text()))
        now = _commit()
        return begun if now == begun.commit else replace(begun, commit=f"{begun.commit}, finished by {now}")
    found = Provenance(_commit(), shlex.join(command), datetime.now(UTC).isoformat(timespec="seconds"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(found)))
    return found


def _commit() -> str:
    """HEAD, or "unknown" outside a repository."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return "unknown"
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "feedback/learning", "imaging/pipeline")
    return f"{head}+changes" if changed else head


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
