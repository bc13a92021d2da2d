"""One installation with three phantoms, one browser, and desks at them: for every test of the worklist's page."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import Desk, chromium
from tests.diagnostics.worklist.answers import sent
from tests.installation import Installation
from tests.story import installation_with_small_models

OFFLINE = "WebSocket connection to"


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation_with_small_models(tmp_path_factory.mktemp("worklist")) as running:
        for seed in (41, 42, 43):
            sent(running, seed=seed)
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def desk_of(installation: Installation, browser: Any) -> Iterator[Any]:
    desks: list[Desk] = []

    def make(role: str = "reader", **size: int) -> Desk:
        desk = Desk(browser, installation.base, **size)
        desks.append(desk)
        desk.sign_in(role, installation.secret_of(role))
        return desk

    yield make
    complaints = [complaint for desk in desks for complaint in desk.complaints if OFFLINE not in complaint]
    for desk in desks:
        desk.context.close()
    assert complaints == []
