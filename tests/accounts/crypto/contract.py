"""What every KeyProvider must do; a provider's test class inherits this."""

from uuid import uuid4

import pytest

from accounts.crypto.keyring import KeyProvider
from accounts.errors import IntegrityBroken, KeyUnavailable

KEY, PURPOSE = bytes(range(32)), b"purpose"


class KeyProviderContract:
    """`provider` is a fixture of the subclass."""

    def test_a_wrapped_key_comes_back(self, provider: KeyProvider) -> None:
        organisation = uuid4()
        assert provider.create(organisation) == 1
        wrapped = provider.wrap(organisation, KEY, PURPOSE)
        assert KEY not in wrapped
        assert provider.unwrap(organisation, wrapped, PURPOSE) == KEY

    def test_a_key_opens_for_its_own_organisation_and_purpose_only(self, provider: KeyProvider) -> None:
        one, two = uuid4(), uuid4()
        provider.create(one), provider.create(two)
        wrapped = provider.wrap(one, KEY, PURPOSE)
        for organisation, purpose in ((two, PURPOSE), (one, b"another purpose")):
            with pytest.raises(IntegrityBroken):
                provider.unwrap(organisation, wrapped, purpose)

    def test_old_versions_still_open_and_new_wraps_use_the_newest(self, provider: KeyProvider) -> None:
        organisation = uuid4()
        provider.create(organisation)
        old = provider.wrap(organisation, KEY, PURPOSE)
        assert provider.create(organisation) == 2
        provider.destroy(organisation, 1)
        with pytest.raises(KeyUnavailable):
            provider.unwrap(organisation, old, PURPOSE)
        new = provider.wrap(organisation, KEY, PURPOSE)
        assert provider.unwrap(organisation, new, PURPOSE) == KEY

    def test_an_organisation_without_a_key_has_none(self, provider: KeyProvider) -> None:
        organisation = uuid4()
        assert not provider.available(organisation)
        with pytest.raises(KeyUnavailable):
            provider.wrap(organisation, KEY, PURPOSE)
        provider.create(organisation)
        assert provider.available(organisation)

    def test_changed_bytes_are_refused(self, provider: KeyProvider) -> None:
        organisation = uuid4()
        provider.create(organisation)
        wrapped = bytearray(provider.wrap(organisation, KEY, PURPOSE))
        wrapped[-1] ^= 1
        with pytest.raises(IntegrityBroken):
            provider.unwrap(organisation, bytes(wrapped), PURPOSE)

    def test_its_repr_shows_no_key(self, provider: KeyProvider) -> None:
        organisation = uuid4()
        provider.create(organisation)
        provider.wrap(organisation, KEY, PURPOSE)
        assert KEY.hex() not in repr(provider) and "organisation" not in repr(provider)
