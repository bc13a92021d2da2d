"""Puts ranges together in one statement: the ORM writes each of them, the statement around them takes the first rows.

Django leaves out ORDER BY and LIMIT inside a UNION on SQLite; both databases know them in a derived table.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

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


def keys_of(branches: Sequence[QuerySet[Any]], *, size: int) -> list[tuple[int, int]]:
    """(entry id, segment) of the first rows of all ranges together, in order."""
    if not branches:
        return []
    inner, params = _first(branches, size)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH k(entry, segment, received) AS ({inner}) SELECT entry, segment FROM k ORDER BY {ORDER}",  # noqa: S608
            params,
        )
        return [(int(entry), int(segment)) for entry, segment in cursor.fetchall()]


def entries_of(branches: Sequence[QuerySet[Any]], *, size: int) -> list[WorklistEntry]:
    """The entries of the first rows, in order, with their segment, and with the lease holder and the claim that one
    statement brings along."""
    if not branches:
        return []
    inner, params = _first(branches, size)
    sql = (
        f"WITH k(entry, segment, received) AS ({inner}) SELECT {COLUMNS} FROM k "  # noqa: S608
        f"JOIN feedback_worklistentry e ON e.id = k.entry {JOINS} ORDER BY {ORDER}"
    )
    return [_with_relations(entry) for entry in WorklistEntry.objects.raw(sql, params)]


def _with_relations(entry: Any) -> WorklistEntry:
    if entry.lease_holder_id:
        entry.lease_holder = User(
            id=entry.lease_holder_id, display_name=entry.holder_name, username=entry.holder_username
        )
    if entry.claim_id:
        entry.claim = InsuranceClaim(id=entry.claim_id, organisation_id=UUID(str(entry.claim_organisation)))
        entry.claim.claim_number = EncryptedValue(bytes(entry.claim_number_stored))
    return entry


def counts_of(counted: Sequence[QuerySet[Any]], *, most: int) -> tuple[str, list[Any]]:
    """A select list: how many rows each has, counted no further than `most`."""
    parts, params = [], []
    for rows in counted:
        sql, given = sql_of(rows[:most])
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS n)")  # noqa: S608
        params += given
    return ", ".join(parts), params


def union_of(rows: Sequence[QuerySet[Any]]) -> tuple[str, list[Any]]:
    """All rows of all of them; each keeps its order and its limit for itself."""
    parts, params = [], []
    for index, one in enumerate(rows):
        sql, given = sql_of(one)
        parts.append(f"SELECT * FROM ({sql}) AS b{index}")  # noqa: S608
        params += given
    return " UNION ALL ".join(parts), params


def sql_of(rows: QuerySet[Any]) -> tuple[str, list[Any]]:
    sql, params = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return sql, list(params)


def _first(branches: Sequence[QuerySet[Any]], size: int) -> tuple[str, list[Any]]:
    union, params = union_of(branches)
    inner = f"WITH u(entry, segment, received) AS ({union}) SELECT entry, segment, received FROM u ORDER BY {ORDER}"  # noqa: S608
    return f"{inner} LIMIT {int(size)}", params
