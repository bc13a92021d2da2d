"""Puts ranges together in one statement: the ORM writes each of them, the statement around them takes the first rows.

Django leaves out ORDER BY and LIMIT inside a UNION on SQLite; both databases know them in a derived table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, UUIDField

from accounts.crypto.fields import EncryptedValue
from accounts.models import User
from feedback.models import WorklistEntry
from feedback.priority import Segment
from imaging.models import InsuranceClaim

_NEWEST_FIRST = f"segment = {int(Segment.READ)}"
ORDER = (
    f"segment, CASE WHEN {_NEWEST_FIRST} THEN NULL ELSE received END, "
    f"CASE WHEN {_NEWEST_FIRST} THEN received END DESC, CASE WHEN {_NEWEST_FIRST} THEN -entry ELSE entry END"
)
COLUMNS = (
    "e.*, k.segment AS segment, h.display_name AS holder_name, h.username AS holder_username, "
    "c.claim_number AS claim_number_stored, c.organisation_id AS claim_organisation"
)

JOINS = "LEFT JOIN accounts_user h ON h.id = e.lease_holder_id LEFT JOIN imaging_insuranceclaim c ON c.id = e.claim_id"


ORDINAL = "the how manieth"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A statement that the ORM wrote, with its parameters as the database takes them."""

    sql: str
    params: tuple[Any, ...]

    def with_values(self, values: Mapping[Any, Any]) -> "Fragment":
        """The same statement about something else: fourteen sites need one compilation, not fourteen."""
        return Fragment(self.sql, tuple(values.get(param, param) for param in self.params))


def fragment_of(rows: QuerySet[Any]) -> Fragment:
    sql, params = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return Fragment(sql, tuple(params))


def asked_of(template: Fragment, rows: Sequence[Mapping[Any, Any]]) -> list[Fragment]:
    """A statement with marks, asked of many values: {mark: value} for each.

    PostgreSQL plans it once and runs it for each row of values (LATERAL): planning a hundred ranges took longer than
    reading them. SQLite has no LATERAL and plans in no time: there it is written once for each.
    """
    if connection.vendor != "postgresql":
        return [template.with_values(row) for row in rows]
    each = lateral_of(template, rows)
    return [Fragment(f"SELECT b.* FROM {each.sql}", each.params)]  # noqa: S608


def lateral_of(template: Fragment, rows: Sequence[Mapping[Any, Any]]) -> Fragment:
    """FROM (the values) AS given CROSS JOIN LATERAL (the statement about each) AS b."""
    marks = list(rows[0])
    names = {mark: f"given.v{index}" for index, mark in enumerate(marks)}
    parts = template.sql.split("%s")
    places = [names.get(param, "%s") for param in template.params]
    inner = "".join(text + place for text, place in zip(parts, [*places, ""], strict=True))
    casts = ", ".join(f"%s::{_type_of(rows[0][mark])}" for mark in marks)
    values = ", ".join([f"({casts})"] * len(rows))
    listed = ", ".join(f"v{index}" for index in range(len(marks)))
    given = tuple(row[mark] for row in rows for mark in marks)
    kept = tuple(param for param in template.params if param not in names)
    return Fragment(f"(VALUES {values}) AS given({listed}) CROSS JOIN LATERAL ({inner}) AS b", given + kept)


def _type_of(value: Any) -> str:
    return {UUID: "uuid", datetime: "timestamptz", int: "integer"}.get(type(value), "text")


def as_parameter(value: UUID | datetime | str) -> Any:
    """As it stands among a statement's parameters."""
    if isinstance(value, UUID):
        return UUIDField().get_db_prep_value(value, connection)
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def counted_keys_of(branches: Sequence[Fragment], counted: Fragment) -> tuple[int, list[tuple[int, int]]]:
    """A count, and (entry id, segment) of every row of all ranges, in order.

    Each range ends where it says itself and nowhere else: however many are urgent, the guard sees who waits too long.
    """
    union = union_of(branches)
    keys = f"WITH k(entry, segment, received) AS ({union.sql}), " if branches else "WITH "
    joined = f"k.entry, k.segment FROM n LEFT JOIN k ON 1 = 1 ORDER BY {ORDER}" if branches else "NULL, NULL FROM n"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{keys}n(counted) AS (SELECT {counted.sql}) SELECT n.counted, {joined}",  # noqa: S608
            (*union.params, *counted.params),
        )
        rows = cursor.fetchall()
    return int(rows[0][0]), [(int(entry), int(segment)) for _, entry, segment in rows if entry is not None]


def entries_of(branches: Sequence[Fragment], *, size: int) -> list[WorklistEntry]:
    """The entries of the first rows, in order, with their segment, and with the lease holder and the claim that one
    statement brings along."""
    if not branches:
        return []
    first = _first(branches, size)
    sql = (
        f"WITH k(entry, segment, received) AS ({first.sql}) SELECT {COLUMNS} FROM k "  # noqa: S608
        f"JOIN feedback_worklistentry e ON e.id = k.entry {JOINS} ORDER BY {ORDER}"
    )
    return [_with_relations(entry) for entry in WorklistEntry.objects.raw(sql, first.params)]


def counts_of_each(template: Fragment, rows: Sequence[Mapping[Any, Any]]) -> Fragment:
    """How many rows a statement with marks has for each of many values: one column of JSON, a list in their order."""
    if not rows:
        return Fragment("'[]'", ())
    if connection.vendor == "postgresql":
        counted = Fragment(f"SELECT COUNT(*) AS n FROM ({template.sql}) AS c", template.params)  # noqa: S608
        marked = [{**row, ORDINAL: str(index)} for index, row in enumerate(rows)]
        last = len(rows[0])
        each = lateral_of(counted, marked)
        return Fragment(f"(SELECT json_agg(b.n ORDER BY given.v{last}::int)::text FROM {each.sql})", each.params)  # noqa: S608
    each = counts_of(template.with_values(row) for row in rows)
    return Fragment(f"json_array({each.sql})", each.params)


def counts_of(counted: Iterable[Fragment]) -> Fragment:
    """A select list: how many rows each has. Each says itself where counting ends."""
    given = list(counted)
    parts = [f"(SELECT COUNT(*) FROM ({one.sql}) AS n)" for one in given]  # noqa: S608
    return Fragment(", ".join(parts), _params(given))


def union_of(rows: Iterable[Fragment]) -> Fragment:
    """All rows of all of them; each keeps its order and its limit for itself."""
    given = list(rows)
    parts = [f"SELECT * FROM ({one.sql}) AS b{index}" for index, one in enumerate(given)]  # noqa: S608
    return Fragment(" UNION ALL ".join(parts), _params(given))


def _params(fragments: Iterable[Fragment]) -> tuple[Any, ...]:
    return tuple(param for one in fragments for param in one.params)


def _first(branches: Sequence[Fragment], size: int) -> Fragment:
    union = union_of(branches)
    rows = f"WITH u(entry, segment, received) AS ({union.sql}) SELECT entry, segment, received FROM u ORDER BY {ORDER}"  # noqa: S608
    return Fragment(f"{rows} LIMIT {int(size)}", union.params)


def _with_relations(entry: Any) -> WorklistEntry:
    if entry.lease_holder_id:
        entry.lease_holder = User(
            id=entry.lease_holder_id, display_name=entry.holder_name, username=entry.holder_username
        )
    if entry.claim_id:
        entry.claim = InsuranceClaim(id=entry.claim_id, organisation_id=UUID(str(entry.claim_organisation)))
        entry.claim.claim_number = EncryptedValue(bytes(entry.claim_number_stored))
    return entry
