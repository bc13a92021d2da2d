"""Key-encryption keys in local files."""

import os
import stat
from pathlib import Path
from uuid import uuid4

import pytest

from accounts.crypto.keyring import LocalFileKeyProvider
from accounts.errors import KeyUnavailable
from tests.accounts.crypto.contract import KEY, PURPOSE, KeyProviderContract


class TestLocalFileKeyProvider(KeyProviderContract):
    @pytest.fixture
    def provider(self, tmp_path: Path) -> LocalFileKeyProvider:
        return LocalFileKeyProvider(tmp_path / "keys")

    def test_files_are_readable_by_their_owner_alone(self, provider: LocalFileKeyProvider, tmp_path: Path) -> None:
        organisation = uuid4()
        provider.create(organisation)
        file = tmp_path / "keys" / organisation.hex / "kek-1"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
    def test_a_wider_mode_is_refused(self, provider: LocalFileKeyProvider, tmp_path: Path, mode: int) -> None:
        organisation = uuid4()
        provider.create(organisation)
        wrapped = provider.wrap(organisation, KEY, PURPOSE)
        file = tmp_path / "keys" / organisation.hex / "kek-1"
        file.chmod(mode)
        with pytest.raises(KeyUnavailable) as refused:
            provider.unwrap(organisation, wrapped, PURPOSE)
        assert refused.value.code == "key_file_mode"
        file.chmod(0o600)
        assert provider.unwrap(organisation, wrapped, PURPOSE) == KEY

    def test_a_link_in_place_of_a_key_is_refused(self, provider: LocalFileKeyProvider, tmp_path: Path) -> None:
        organisation = uuid4()
        provider.create(organisation)
        file = tmp_path / "keys" / organisation.hex / "kek-1"
        os.rename(file, tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")
        assert not provider.available(organisation)

    def test_a_key_of_the_wrong_size_is_refused(self, provider: LocalFileKeyProvider, tmp_path: Path) -> None:
        organisation = uuid4()
        provider.create(organisation)
        (tmp_path / "keys" / organisation.hex / "kek-1").write_bytes(b"short")
        assert not provider.available(organisation)
