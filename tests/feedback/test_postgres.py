"""The core of the portal on a real PostgreSQL: the same tests as on SQLite, in a process of their own; and the audit
trail, which the database itself keeps from being changed there too.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import REPOSITORY
from tests.postgres import Server, requires_postgres, server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), requires_postgres]
CORE = (
    "tests/feedback/test_worklist.py",
    "tests/feedback/test_worklist_filters.py",
    "tests/feedback/test_worklist_plans.py",
    "tests/feedback/api/test_worklist.py",
    "tests/feedback/services/test_leases.py",
    "tests/feedback/services/test_worklist_entries.py",
    "tests/feedback/services/test_reads.py",
    "tests/feedback/services/test_undo.py",
    "tests/imaging/services/test_film_matches.py",
    "tests/imaging/services/test_insurance_claims.py",
)
REFUSED = "audit events are append-only"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as started:
        yield started


def manage(running: Server, database: str, data: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "SECOND_READER_DATABASE_URL": running.address(database),
        "SECOND_READER_DATA": str(data),
    }
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


def test_the_worklist_the_leases_and_the_reads_hold_on_postgresql(running: Server, tmp_path: Path) -> None:
    running.create("core")
    done = manage(running, "core", tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CORE)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.fixture(scope="module")
def migrated(running: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with every migration, and one audited event."""
    running.create("portal")
    data = tmp_path_factory.mktemp("portal")
    done = manage(running, "portal", data, "manage.py", "migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr[-4000:]
    making = "from accounts.services.sites import organisation_create; organisation_create(name='A', code='a')"
    done = manage(running, "portal", data, "manage.py", "shell", "--verbosity", "0", "-c", making)
    assert done.returncode == 0, done.stderr[-4000:]
    return "portal"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditevent SET actor_label = 'nobody'",
        "DELETE FROM accounts_auditevent",
        "TRUNCATE accounts_auditevent",
        "SET session_replication_role = replica; DELETE FROM accounts_auditevent",
    ],
)
def test_postgresql_itself_refuses_to_change_the_audit_trail(running: Server, migrated: str, statement: str) -> None:
    count = running.sql(migrated, "SELECT COUNT(*) FROM accounts_auditevent")
    assert int(count) > 0
    with pytest.raises(AssertionError, match=REFUSED):
        running.sql(migrated, statement)
    assert running.sql(migrated, "SELECT COUNT(*) FROM accounts_auditevent") == count


def test_no_migration_is_missing_on_postgresql(running: Server, migrated: str, tmp_path: Path) -> None:
    done = manage(running, migrated, tmp_path, "manage.py", "migrate", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
