"""A real PostgreSQL in a folder of its own, on a socket only; started as a user that may run it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

ACCOUNT = "postgres"
ROLE = "second_reader"
PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
PG_CTL = shutil.which("pg_ctl", path=os.pathsep.join([*map(str, PLACES), os.environ.get("PATH", "")]))

requires_postgres = pytest.mark.skipif(PG_CTL is None, reason="PostgreSQL's server is not installed on this machine")


@dataclass(frozen=True)
class Server:
    """binaries: where initdb, pg_ctl and createdb are; data: of its own, gone afterwards."""

    binaries: Path
    data: Path

    def address(self, name: str) -> str:
        """What SECOND_READER_DATABASE_URL is set to."""
        return f"postgresql://{ROLE}@/{name}?host={quote(str(self.data), safe='')}"

    def create(self, name: str) -> str:
        self.run("createdb", "-h", str(self.data), "-U", ROLE, name)
        return self.address(name)

    def sql(self, name: str, statement: str) -> str:
        return self.run(
            "psql", "-h", str(self.data), "-U", ROLE, "-At", "-v", "ON_ERROR_STOP=1", "-d", name, "-c", statement
        )

    def run(self, command: str, *arguments: str) -> str:
        """As the account that owns the files: PostgreSQL refuses to be root."""
        given = {"user": ACCOUNT, "group": pwd.getpwnam(ACCOUNT).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        done = subprocess.run(
            [str(self.binaries / command), *arguments],
            capture_output=True,
            text=True,
            cwd="/",
            timeout=120,
            check=False,
            **given,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()


@contextmanager
def server(*, settings: dict[str, str] | None = None) -> Iterator[Server]:
    """Runs until the block ends. settings: of postgresql.conf, beside the defaults."""
    assert PG_CTL is not None
    folder = Path(tempfile.mkdtemp(prefix="sr-pg-", dir="/tmp"))
    if os.getuid() == 0:
        shutil.chown(folder, ACCOUNT, pwd.getpwnam(ACCOUNT).pw_gid)
    running = Server(Path(os.path.realpath(PG_CTL)).parent, folder / "data")
    options = {"listen_addresses": "", "unix_socket_directories": str(running.data), "max_connections": "120"}
    given = " ".join(f"-c {name}='{value}'" for name, value in (options | (settings or {})).items())
    try:
        running.run(
            "initdb", "-D", str(running.data), "-U", ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"
        )
        running.run("pg_ctl", "-D", str(running.data), "-w", "-l", str(folder / "log"), "-o", given, "start")
        yield running
    finally:
        if (running.data / "postmaster.pid").exists():
            running.run("pg_ctl", "-D", str(running.data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
