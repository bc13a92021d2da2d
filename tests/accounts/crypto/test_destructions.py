"""The count of destroyed keys that every process sees."""

import stat
from pathlib import Path

import pytest

from accounts.crypto.destructions import NAME, Destructions
from accounts.errors import KeyUnavailable


def test_the_count_grows_with_every_destruction_and_others_see_it(tmp_path: Path) -> None:
    here, elsewhere = Destructions(tmp_path), Destructions(tmp_path)
    assert (here.count(), elsewhere.count()) == (0, 0)
    for expected in (1, 2, 3):
        here.add()
        assert elsewhere.count() == expected


def test_the_file_is_readable_by_this_user_alone(tmp_path: Path) -> None:
    Destructions(tmp_path).add()
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"....")
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyUnavailable):
        Destructions(tmp_path).add()
    assert (tmp_path / "elsewhere").read_bytes() == b"...."


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable):
        Destructions(tmp_path / "missing").add()
    assert repr(Destructions(tmp_path)) == "Destructions()"
