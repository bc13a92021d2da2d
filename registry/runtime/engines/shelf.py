"""Exported graphs beside the artefacts, and for every version which of them serves on this machine.

The database says so too, and is what the worker goes by; the record on the shelf is for `manage.py screen`, which has
no database. A record of another machine or another version of the library counts for nothing.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import IO, Protocol

from registry.runtime.engines.graph import PRECISIONS, GraphBuild
from registry.runtime.engines.machine import library_version, machine_fingerprint
from registry.runtime.errors import GraphUnusable


class Storage(Protocol):
    """The part of Django's storages that is used here."""

    def open(self, name: str, mode: str = "rb") -> IO[bytes]: ...
    def exists(self, name: str) -> bool: ...
    def delete(self, name: str) -> None: ...
    def listdir(self, path: str) -> tuple[list[str], list[str]]: ...
    def get_modified_time(self, name: str) -> datetime: ...


FOLDER, GRAPHS, RECORDS = "engines", ".safetensors", ".json"
DIGEST_LENGTH = 64


@dataclass(frozen=True, slots=True)
class ShelfRecord:
    """Which graph serves a version, and what it was measured with."""

    engine: str
    graph: str
    graph_sha256: str
    library_version: str
    machine: str


def graph_name(version_sha256: str, graph_sha256: str) -> str:
    """Where a graph of a version lies, made by the installed OpenVINO; another export never takes its place."""
    return f"{FOLDER}/{version_sha256}-openvino-{library_version('openvino')}-{graph_sha256[:16]}{GRAPHS}"


def record_name(version_sha256: str) -> str:
    """Where the record of a version lies for this machine."""
    return f"{FOLDER}/{version_sha256}-{machine_fingerprint()}{RECORDS}"


def record_bytes(record: ShelfRecord) -> bytes:
    """A record as JSON."""
    return json.dumps(asdict(record), sort_keys=True).encode()


def shelf_build(storage: Storage, version_sha256: str) -> GraphBuild | None:
    """The graph that serves a version here; None when the shelf has none that was measured on this machine with the
    installed library.

    Raises:
        GraphUnusable: a record is there and cannot be read.
    """
    name = record_name(version_sha256)
    if not storage.exists(name):
        return None
    try:
        record = ShelfRecord(**json.loads(_read(storage, name)))
    except (ValueError, TypeError) as error:
        raise GraphUnusable from error
    current = (library_version("openvino"), machine_fingerprint())
    if (record.library_version, record.machine) != current or record.engine not in PRECISIONS:
        return None
    return graph_build(storage, record.graph, engine=record.engine, sha256=record.graph_sha256)


def graph_build(storage: Storage, name: str, *, engine: str, sha256: str) -> GraphBuild:
    """A graph on the shelf; it is read, and its digest checked, when it is opened."""
    return GraphBuild(engine=engine, sha256=sha256, fetch=partial(_read, storage, name))


def graphs_by_version(storage: Storage) -> dict[str, list[str]]:
    """The names of the graphs that lie on the shelf, by the digest of their version."""
    found: dict[str, list[str]] = {}
    for name in _names(storage, GRAPHS):
        found.setdefault(_version_of(name), []).append(name)
    return found


def graphs_recorded(storage: Storage, version_sha256: str) -> set[str]:
    """The graphs of a version that the record of any machine names.

    Raises:
        GraphUnusable: a record cannot be read, so that nobody knows what it names.
    """
    own = [name for name in _names(storage, RECORDS) if _version_of(name) == version_sha256]
    try:
        return {str(json.loads(_read(storage, name))["graph"]) for name in own}
    except (ValueError, TypeError, KeyError) as error:
        raise GraphUnusable from error


def _names(storage: Storage, ending: str) -> list[str]:
    try:
        _, files = storage.listdir(FOLDER)
    except FileNotFoundError:  # Nothing was ever put there.
        return []
    return [f"{FOLDER}/{file}" for file in sorted(files) if file.endswith(ending)]


def _version_of(name: str) -> str:
    return name.removeprefix(f"{FOLDER}/")[:DIGEST_LENGTH]


def _read(storage: Storage, name: str) -> bytes:
    with _readable(), storage.open(name) as file:
        return bytes(file.read())


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GraphUnusable("The exported graph is not there or cannot be read.") from error
