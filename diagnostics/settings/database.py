"""Where rows lie: SQLite in the data folder, or the PostgreSQL that SECOND_READER_DATABASE_URL names."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from diagnostics import env

_SCHEMES = {"postgres", "postgresql"}
_OPTIONS = {"sslmode", "sslrootcert", "sslcert", "sslkey", "application_name", "target_session_attrs"}
CONNECT_WITHIN_SECONDS = 5


def databases(data_dir: Path) -> dict[str, dict[str, Any]]:
    """Django's DATABASES.

    Raises:
        MissingSetting: the address is not one of PostgreSQL; it is not repeated, as it may hold a password.
    """
    address = env.text("DATABASE_URL", "")
    return {"default": postgresql(address) if address else sqlite(data_dir)}


def sqlite(data_dir: Path) -> dict[str, Any]:
    """One file, one writer at a time, every commit on the disk."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": data_dir / "db.sqlite3",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
            ),
        },
    }


def postgresql(address: str) -> dict[str, Any]:
    """From postgresql://user:password@host:port/name?sslmode=verify-full; no host means the local socket."""
    try:
        parts = urlsplit(address)
        port, options = parts.port, dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise _not_ours() from error
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in _SCHEMES or not name or "/" in name or not set(options) <= {*_OPTIONS, "host"}:
        raise _not_ours()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 0,
        # Our statements are short: compiling them to machine code costs more than it saves.
        "OPTIONS": {"connect_timeout": CONNECT_WITHIN_SECONDS, "options": "-c jit=off", **options},
    }


def _not_ours() -> env.MissingSetting:
    return env.MissingSetting(
        f"{env.PREFIX}DATABASE_URL must be postgresql://user:password@host:port/name, with options among "
        f"{', '.join(sorted(_OPTIONS))}."
    )
