"""Accounts: made, secured, ended; their names never used again."""

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.errors import Conflict, InvalidInput, NotPermitted, NotSignedIn
from accounts.models import AuditEvent, ServiceToken, Site, User
from accounts.services.roles import role_grant
from accounts.services.tokens import token_create, token_revoke, token_user
from accounts.services.users import password_change, user_create, user_deactivate
from accounts.sessions import session_user
from tests.accounts.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.session.session_key


def test_a_deactivated_users_sessions_and_tokens_are_dead_at_once(site: Site) -> None:
    user, account = make_user(site), make_user(site, "service")
    key = signed_in(user)
    row, token = token_create(user=account, name="t", scopes=["view_study"])
    assert session_user(key) == user and token_user(token)[0] == account
    user_deactivate(user=user), user_deactivate(user=account)
    assert session_user(key) is None
    assert not import_module(django_settings.SESSION_ENGINE).SessionStore().exists(key)
    with pytest.raises(NotSignedIn):
        token_user(token)
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_other_users_sessions_live_on(site: Site) -> None:
    one, two = make_user(site), make_user(site)
    key = signed_in(two)
    signed_in(one)
    user_deactivate(user=one)
    assert session_user(key) == two


@pytest.mark.parametrize("again", ["anna", "Anna", "ANNA"])
def test_a_name_is_never_used_again(site: Site, again: str) -> None:
    first = make_user(site, username="anna")
    user_deactivate(user=first)
    with pytest.raises(Conflict) as refused:
        make_user(site, username=again)
    assert refused.value.code == "username_taken"
    assert AuditEvent.objects.filter(object_id=first.id).exists()


def test_a_user_is_not_deleted(site: Site) -> None:
    user = make_user(site)
    with pytest.raises(TypeError):
        user.delete()
    assert User.objects.filter(pk=user.pk).exists()


def test_deactivating_twice_is_once(site: Site) -> None:
    user = make_user(site)
    user_deactivate(user=user), user_deactivate(user=user)
    assert AuditEvent.objects.filter(action="user.deactivated", object_id=user.id).count() == 1


def test_who_may_deactivate_whom(user_of: Any, site: Site, other_site: Site) -> None:
    both_sites = make_user(site)
    role_grant(user=both_sites, site=other_site, role="reader")
    admin = user_of("site_admin")
    for actor, target in ((admin, both_sites), (admin, admin), (user_of("reader"), make_user(site))):
        with pytest.raises(NotPermitted):
            user_deactivate(user=target, actor=actor)
    assert not user_deactivate(user=make_user(site), actor=admin).is_active


@pytest.mark.parametrize("password", ["short", "password1234", "", None, "           "])
def test_a_weak_password_is_refused(site: Site, password: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        user_create(organisation=site.organisation, username="weak", password=password)
    assert refused.value.code == "weak_password" and refused.value.details["rules"]


@pytest.mark.parametrize("username", ["", "with space", "a" * 81, "semi;colon", "new\nline"])
def test_an_odd_name_is_refused(site: Site, username: str) -> None:
    with pytest.raises(InvalidInput):
        user_create(organisation=site.organisation, username=username, password=PASSWORD)


def test_the_password_is_stored_as_a_digest_and_audited_without_it(site: Site) -> None:
    user = make_user(site)
    assert PASSWORD not in user.password and user.check_password(PASSWORD)
    password_change(user=user, old_password=PASSWORD, new_password="another harbour lantern 8")
    assert AuditEvent.objects.filter(action="user.password_changed", actor_id=user.id).count() == 1


def test_a_new_password_ends_the_sessions_and_needs_the_old_one(site: Site) -> None:
    user = make_user(site)
    key = signed_in(user)
    with pytest.raises(InvalidInput) as refused:
        password_change(user=user, old_password="wrong", new_password="another harbour lantern 8")
    assert refused.value.code == "wrong_password" and session_user(key) == user
    password_change(user=user, old_password=PASSWORD, new_password="another harbour lantern 8")
    assert session_user(key) is None


class TestTokens:
    def test_the_database_holds_only_a_digest(self, site: Site) -> None:
        row, token = token_create(user=make_user(site, "service"), name="t", scopes=["view_study"])
        stored = ServiceToken.objects.filter(pk=row.pk).values().get()
        assert token.startswith("sr_") and len(token) > 40
        assert token not in repr(stored) and token not in repr(row)

    @pytest.mark.parametrize("wrong", ["", "sr_", "sr_wrong", "nothing"])
    def test_a_wrong_token_is_nobody(self, site: Site, wrong: str) -> None:
        with pytest.raises(NotSignedIn):
            token_user(wrong)

    def test_an_expired_or_revoked_token_is_nobody(self, site: Site) -> None:
        account = make_user(site, "service")
        expired, first = token_create(user=account, name="a", scopes=["view_study"], days=1)
        ServiceToken.objects.filter(pk=expired.pk).update(expires_at=expired.created_at)
        revoked, second = token_create(user=account, name="b", scopes=["view_study"])
        token_revoke(token=revoked), token_revoke(token=revoked)
        for token in (first, second):
            with pytest.raises(NotSignedIn):
                token_user(token)
        assert AuditEvent.objects.filter(action="token.revoked").count() == 1

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"scopes": []}, "unknown_scope"),
            ({"scopes": ["everything"]}, "unknown_scope"),
            ({"days": 91}, "token_life"),
            ({"days": 0}, "token_life"),
        ],
    )
    def test_a_token_without_limits_is_refused(self, site: Site, fields: dict[str, Any], code: str) -> None:
        asked = {"user": make_user(site, "service"), "name": "t", "scopes": ["view_study"], **fields}
        with pytest.raises(InvalidInput) as refused:
            token_create(**asked)
        assert refused.value.code == code

    def test_persons_have_no_tokens(self, site: Site) -> None:
        with pytest.raises(InvalidInput) as refused:
            token_create(user=make_user(site), name="t", scopes=["view_study"])
        assert refused.value.code == "not_a_service_account"

    def test_its_use_is_noted(self, site: Site) -> None:
        row, token = token_create(user=make_user(site, "service"), name="t", scopes=["view_study"])
        token_user(token)
        row.refresh_from_db()
        assert row.last_used_at is not None
