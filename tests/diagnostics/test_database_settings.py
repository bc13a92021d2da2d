"""One address chooses the database; what is not one of ours is refused without being repeated."""

from pathlib import Path

import pytest

from diagnostics.env import MissingSetting
from diagnostics.settings.database import databases, postgresql


def test_without_an_address_rows_lie_in_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECOND_READER_DATABASE_URL", raising=False)
    assert databases(tmp_path)["default"]["NAME"] == tmp_path / "db.sqlite3"


def test_an_address_names_host_port_user_and_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    address = "postgresql://portal:p%40ss@db.example:6432/second_reader?sslmode=verify-full"
    monkeypatch.setenv("SECOND_READER_DATABASE_URL", address)
    chosen = databases(tmp_path)["default"]
    names = ("HOST", "PORT", "USER", "PASSWORD", "NAME")
    assert [chosen[name] for name in names] == ["db.example", "6432", "portal", "p@ss", "second_reader"]
    assert chosen["OPTIONS"]["sslmode"] == "verify-full"


def test_a_host_in_the_options_is_a_socket() -> None:
    assert postgresql("postgresql://reader@/portal?host=%2Frun%2Fpg")["HOST"] == "/run/pg"


@pytest.mark.parametrize(
    "address",
    [
        "mysql://u:secret@h/n",
        "postgresql://u:secret@h/",
        "postgresql://u:secret@h:port/n",
        "postgresql://u:secret@h/n?options=-cfsync%3Doff",
        "postgresql://u:secret@h/n/m",
    ],
)
def test_another_address_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(MissingSetting) as refused:
        postgresql(address)
    assert "secret" not in str(refused.value)
