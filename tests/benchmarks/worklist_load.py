"""Puts rows into tables as fast as each database takes them: COPY on PostgreSQL, executemany on SQLite.

The indexes are there all the while, as they are in a portal that grows.
"""

import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tests.benchmarks.worklist_rows import PER_DAY, Chunk, World, chunks

PROCEDURES = "[]"
COPIED = 100_000
IDS = ("id", "study_id", "patient_id", "patient_ref", "patient_id_index", "identity_index", "accession_index")
"""Columns whose first byte tells copies apart; where they come from it is nought."""
TIMES = ("created_at", "received_at", "signed_at", "first_signed_at", "last_signed_at")


def tables() -> dict[str, Any]:
    """In the order of their foreign keys."""
    from feedback.models import Read, WorklistEntry, WorklistFacet
    from imaging.models import InsuranceClaim, Patient, Study

    return {
        "patient": Patient,
        "claim": InsuranceClaim,
        "study": Study,
        "read": Read,
        "entry": WorklistEntry,
        "facet": WorklistFacet,
    }


def world_make(*, sites: int, readers: int, versions: int) -> World:
    """An organisation with its keys, sites, readers of all of them, and model versions; by services."""
    from django.utils import timezone

    from registry.models import ModelVersion
    from tests import factories

    organisation = factories.make_organisation("group")
    places = [factories.make_site(organisation, f"site-{number:02d}") for number in range(sites)]
    people = [factories.make_user("reader", *places, username=f"reader-{number:02d}") for number in range(readers)]
    uploader = factories.make_user("technologist", *places, username="uploader")
    made = [
        ModelVersion.objects.create(
            name=f"model-{number}",
            version="1.0.0",
            task="classifier",
            architecture="none",
            sha256=f"{number:064x}",
            artefact="none",
            size_bytes=1,
            labels=[],
        )
        for number in range(versions)
    ]
    return World(
        organisation_id=organisation.id,
        site_ids=[site.id for site in places],
        reader_ids=[person.id for person in people],
        reader_names=[person.username for person in people],
        uploader_id=uploader.id,
        version_ids=[version.id for version in made],
        now=timezone.now(),
    )


def studies_load(world: World, studies: int) -> float:
    """Seconds that it took. A hundred thousand are made one by one; more are their copies, further back in time."""
    from accounts.keyholder import blind_index

    begun = time.monotonic()

    def index_of(number: str) -> str | None:
        field = "patient_id" if number.startswith("PAT") else "accession_number"
        return blind_index(world.organisation_id, field, number)

    first = min(studies, COPIED)
    for chunk in chunks(world, first, index_of=index_of, claim_of=lambda *given: _claim(world, *given)):
        chunk_load(chunk)
    for copy in range(1, studies // first):
        copy_load(copy, first)
    tidy()
    return time.monotonic() - begun


def copy_load(copy: int, size: int) -> None:
    """The first `size` studies again: other ids, what is read so much further back that a day stays a day."""
    from django.db import connection, transaction

    days = copy * size / PER_DAY
    moved = {"sqlite": _moved_in_sqlite, "postgresql": _moved_in_postgresql}[connection.vendor](copy, days)
    with transaction.atomic(), connection.cursor() as cursor:
        for name, model in tables().items():
            if name != "claim":
                cursor.execute(_copy_sql(name, model, moved, copy * size, size))


def _copy_sql(name: str, model: Any, moved: dict[str, Any], offset: int, size: int) -> str:
    table, columns = model._meta.db_table, [field.column for field in model._meta.concrete_fields]
    if name == "facet":
        columns.remove("id")
    read = {"entry": "grade = 5", "facet": "grade = 5"}.get(name, "TRUE")
    given = {column: moved["any"](column, read) for column in columns}
    given |= {"patient_id": "patient_id"} if name == "patient" else {}
    given |= {"id": f"id + {offset}"} if name == "entry" else {}
    given |= {"entry_id": f"entry_id + {offset}"} if name == "facet" else {}
    number = {"entry": f"id <= {size}", "facet": f"entry_id <= {size}"}.get(name, moved["first"])
    listed = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(given[column] for column in columns)
    return f"INSERT INTO {table} ({listed}) SELECT {values} FROM {table} WHERE {number}"  # noqa: S608


def _mark(column: str, copy: int) -> str:
    """Two digits of an id; two letters that no blind index begins with, of an index."""
    return f"z{copy:x}" if column.endswith("index") else f"{copy:02x}"


def _moved_in_sqlite(copy: int, days: float) -> dict[str, Any]:
    def any_column(column: str, read: str) -> str:
        if column in IDS:
            return f"'{_mark(column, copy)}' || substr({column}, 3)"
        if column in TIMES:
            back = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{days * 86400:.0f} seconds')"
            return f"CASE WHEN {read} THEN {back} ELSE {column} END"
        return f'"{column}"'

    return {"any": any_column, "first": "substr(id, 1, 2) = '00'"}


def _moved_in_postgresql(copy: int, days: float) -> dict[str, Any]:
    def any_column(column: str, read: str) -> str:
        if column in IDS:
            text = f"'{_mark(column, copy)}' || substr({column}::text, 3)"
            return f"({text})" if column.endswith("index") else f"({text})::uuid"
        if column in TIMES:
            return f"CASE WHEN {read} THEN {column} - interval '{days * 86400:.0f} seconds' ELSE {column} END"
        return f'"{column}"'

    return {"any": any_column, "first": "substr(id::text, 1, 2) = '00'"}


def chunk_load(chunk: Chunk) -> None:
    from django.db import transaction

    with transaction.atomic():
        for name, model in tables().items():
            if name in chunk.rows:
                _rows_load(model, chunk.rows[name])


def tidy() -> None:
    """What a portal's own housekeeping does: statistics for the planner."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            last = "(SELECT MAX(id) FROM feedback_worklistentry)"
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('feedback_worklistentry', 'id'), {last})")  # noqa: S608
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _claim(world: World, claim: UUID, site: UUID, number: int, now: Any) -> dict[str, Any]:
    from accounts.keyholder import blind_index
    from imaging.models import InsuranceClaim

    row = InsuranceClaim(id=claim, organisation_id=world.organisation_id, site_id=site, created_at=now)
    encrypt = {name: InsuranceClaim._meta.get_field(name) for name in ("claim_number", "procedures", "decision_reason")}
    texts = {"claim_number": f"CLAIM-{number:08d}", "procedures": PROCEDURES, "decision_reason": ""}
    stored = {name: field.encrypt(row, texts[name]).stored for name, field in encrypt.items()}
    return stored | {
        "id": claim,
        "created_at": now,
        "organisation_id": world.organisation_id,
        "site_id": site,
        "claim_number_index": blind_index(world.organisation_id, "claim_number", texts["claim_number"]),
        "state": "open",
        "decision": "",
        "decided_by_id": None,
        "decided_at": None,
        "exported_at": None,
        "created_by_id": world.uploader_id,
        "version": 0,
    }


def _rows_load(model: Any, rows: list[dict[str, Any]]) -> None:
    from django.db import connection

    columns = list(rows[0])
    names = ", ".join(f'"{column}"' for column in columns)
    values = [[row[column] for column in columns] for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:  # noqa: S608
                for row in values:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks})", _plain(values))  # noqa: S608


def _plain(rows: Iterable[list[Any]]) -> Iterable[list[Any]]:
    """As Django writes them into SQLite."""
    from django.db import connection

    for row in rows:
        yield [_plain_value(value, connection.ops) for value in row]


def _plain_value(value: Any, ops: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return ops.adapt_datetimefield_value(value) if hasattr(value, "isoformat") else value
