"""How soon the first film stands: a study of 11 MB, opened from nothing in a real Chromium."""

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.browser import Desk, chromium, requires_browser
from tests.films import make_dicom
from tests.installation import Installation
from tests.story import installation_with_small_models

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(600)]
ROWS, COLUMNS = 2450, 2250
PROMISED_MILLISECONDS = 1000.0
TIMES = 5


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation_with_small_models(Path(tmp_path_factory.mktemp("first-image"))) as running:
        yield running


@pytest.fixture(scope="module")
def study_id(installation: Installation) -> str:
    client = installation.client("technologist")
    data = make_dicom(seed=7, rows=ROWS, columns=COLUMNS)
    assert len(data) > 11_000_000
    sent = str(client.upload(data, file_name="large.dcm").json()["study_id"])
    client.wait_until_read_by_machine(sent)
    return sent


def test_the_first_film_of_11_mb_stands_within_a_second(installation: Installation, study_id: str) -> None:
    """From the start of the navigation to the painted film; the best of five is held to the promise.

    The promise is for a machine that has a core to spare: where more wants to run than there are cores, it is
    stretched by as much.
    """
    taken: list[float] = []
    with chromium() as browser:
        desk = Desk(browser, installation.base)
        desk.sign_in("reader", installation.secret_of("reader"))
        for _ in range(TIMES):
            taken.append(first_paint(desk, study_id))
    crowded = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    print(
        f"first film of 11 MB: {', '.join(f'{one:.0f}' for one in taken)} ms, median {median(taken):.0f}, "
        f"load by core {crowded:.1f}"
    )
    assert min(taken) < PROMISED_MILLISECONDS * crowded


def first_paint(desk: Desk, study_id: str) -> float:
    """Milliseconds, as the page itself measures it."""
    desk.page.goto("about:blank")
    desk.page.goto(f"{desk.base}/studies/{study_id}/")
    desk.page.locator(f'[data-role="study"][data-shown="{study_id}"]').wait_for()
    timings: Any = desk.page.evaluate("window.deskTimings['first-paint']")
    return float(timings[0])
