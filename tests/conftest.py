"""Roles, clients and models for every test; no data. SECOND_READER_NO_SKIPS=1 turns every skip into a failure."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests import factories

NO_SKIPS = os.environ.get("SECOND_READER_NO_SKIPS") == "1"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    outcome = yield
    _no_skip(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    outcome = yield
    _no_skip(outcome.get_result())


def _no_skip(report: Any) -> None:
    """A skip says that something was not tested: where nothing may be left out, that is a failure."""
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {reason}"


@pytest.fixture
def organisation(db: None) -> Any:
    return factories.make_organisation("north-group")


@pytest.fixture
def site(organisation: Any) -> Any:
    return factories.make_site(organisation, "north")


@pytest.fixture
def other_site(organisation: Any) -> Any:
    """Another site of the same organisation."""
    return factories.make_site(organisation, "harbour")


@pytest.fixture
def foreign_site(db: None) -> Any:
    """A site of another organisation."""
    return factories.make_site(factories.make_organisation("south-group"), "south")


@pytest.fixture
def user_of(site: Any, request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """user_of("reader") at the site, "reader_elsewhere" at the other site, "reader_abroad" in another organisation."""
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            role, where = _role_and_place(name)
            made[name] = factories.make_user(role, request.getfixturevalue(where), username=name)
        return made[name]

    return get


def _role_and_place(name: str) -> tuple[str, str]:
    if name.endswith("_elsewhere"):
        return name.removesuffix("_elsewhere"), "other_site"
    if name.endswith("_abroad"):
        return name.removesuffix("_abroad"), "foreign_site"
    return name, "site"


@pytest.fixture
def users(user_of: Callable[[str], Any]) -> dict[str, Any]:
    """One user of every role at the site."""
    from accounts.roles import ROLES

    return {role: user_of(role) for role in ROLES}


@pytest.fixture
def reader(user_of: Callable[[str], Any]) -> Any:
    return user_of("reader")


@pytest.fixture
def api(user_of: Callable[[str], Any]) -> Callable[[str], APIClient]:
    """api("reader"): a client that is signed in as user_of(name); service accounts by token; "anonymous" is nobody."""

    def client(name: str, **options: Any) -> APIClient:
        return client_of(None if name == "anonymous" else user_of(name), **options)

    return client


def client_of(user: Any, **options: Any) -> APIClient:
    """A client signed in as a user, or with a token of a service account."""
    client = APIClient(**options)
    if user is None:
        return client
    if user.kind == "service":
        from accounts.roles import ROLES
        from accounts.services.tokens import token_create

        _, token = token_create(user=user, name="test", scopes=sorted(ROLES["service"]), days=1)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client
    client.force_login(user, backend=MODEL_BACKEND)
    return client


@pytest.fixture(scope="session")
def starter_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Like registry/starter_models, with small random networks: one for chest images, two for bone images."""
    from tests.starters import starter_folder_write

    return starter_folder_write(tmp_path_factory.mktemp("starters"))


@pytest.fixture
def starter_models(starter_folder: Path, db: None) -> list[Any]:
    """The small models, registered and routed."""
    from registry.services.starters import starter_models_import

    return starter_models_import(starter_folder)


@pytest.fixture
def study(site: Any, user_of: Callable[[str], Any], starter_models: list[Any]) -> Any:
    """A chest phantom that was received and waits for a worker."""
    return factories.make_study(site, user_of("technologist")).study


@pytest.fixture
def analysed_study(study: Any) -> Any:
    """A chest phantom after the worker was there."""
    from imaging.worker import work_once

    while work_once():
        pass
    study.refresh_from_db()
    return study
