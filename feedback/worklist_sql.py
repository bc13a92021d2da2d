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


def as_parameter(value: UUID | datetime | str) -> Any:
    """As it stands among a statement's parameters."""
    if isinstance(value, UUID):
        return UUIDField().get_db_prep_value(value, connection)
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def keys_of(branches: Sequence[Fragment], *, size: int) -> list[tuple[int, int]]:
    """(entry id, segment) of the first rows of all ranges together, in order."""
    if not branches:
        return []
    first = _first(branches, size)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH k(entry, segment, received) AS ({first.sql}) SELECT entry, segment FROM k ORDER BY {ORDER}",  # noqa: S608
            first.params,
        )
        return [(int(entry), int(segment)) for entry, segment in cursor.fetchall()]


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
