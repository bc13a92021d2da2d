"""Which files touched a version's weights: one line a file, and one digest over the lines."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path


def manifest_lines(set_name: str, paths: Iterable[Path]) -> tuple[str, ...]:
    """Sorted lines "<set> <SHA-256 of the file>"."""
    return tuple(sorted(f"{set_name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths))


def joined_manifest(*parts: Sequence[str]) -> tuple[str, ...]:
    """Every line once, sorted."""
    return tuple(sorted({line for part in parts for line in part}))


def manifest_text(lines: Sequence[str]) -> str:
    """The file's text: a line break after every line."""
    return "".join(f"{line}\n" for line in lines)


def manifest_digest(lines: Sequence[str]) -> str:
    """SHA-256 of the file's text."""
    return hashlib.sha256(manifest_text(lines).encode()).hexdigest()


def manifest_counts(lines: Sequence[str]) -> dict[str, int]:
    """Number of files by set."""
    counts: dict[str, int] = {}
    for line in lines:
        name = line.split(" ")[0]
        counts[name] = counts.get(name, 0) + 1
    return counts
