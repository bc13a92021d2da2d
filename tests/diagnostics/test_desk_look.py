"""Keys that a user chose, and ways of looking: original only, presets, layouts, the prior, opacity for each finding."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import Desk, chromium, eventually, requires_browser
from tests.diagnostics.test_desk import opened, sent
from tests.installation import Installation
from tests.story import installation_with_small_models

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation_with_small_models(tmp_path_factory.mktemp("look")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def desk(installation: Installation, browser: Any) -> Iterator[Desk]:
    reader = Desk(browser, installation.base)
    reader.sign_in("reader", installation.secret_of("reader"))
    yield reader
    complaints = reader.complaints
    reader.context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def study_id(installation: Installation) -> str:
    return sent(installation, seed=71)


def test_the_list_of_keys_names_every_act_and_a_changed_key_is_kept_on_the_server(
    installation: Installation, desk: Desk, study_id: str
) -> None:
    opened(desk, study_id).press("?")
    known = installation.client("reader").get("/api/preferences/").json()["default_keys"]
    assert desk.part("key-groups").locator("dt").count() == len(known)
    desk.part("keys-change").click()
    desk.page.locator('[data-remap="boxes"]').click()
    desk.press("g")
    assert "would do two things" in desk.part("remap-says").inner_text() and desk.part("remap-save").is_disabled()
    desk.page.locator('[data-remap="boxes"]').click()
    desk.press("s")
    desk.part("remap-save").click()
    desk.part("toast").filter(has_text="Your keys are saved").wait_for()
    assert installation.client("reader").get("/api/preferences/").json()["keys"]["boxes"] == "s"
    desk.page.reload()
    desk.wait_until_shown(study_id)
    boxes = desk.page.locator('.tools [data-act="boxes"]')
    before = boxes.get_attribute("aria-pressed")
    desk.press("b")
    assert boxes.get_attribute("aria-pressed") == before and boxes.locator("kbd").inner_text() == "S"
    desk.press("s")
    assert boxes.get_attribute("aria-pressed") != before
    desk.press("s")


def test_the_original_alone_has_nothing_on_it_and_comes_back(desk: Desk, study_id: str) -> None:
    opened(desk, study_id)
    assert desk.pixels_differ() > 0.0
    desk.press("o")
    assert (desk.viewer("layoutName"), desk.part("study").get_attribute("data-marks")) == ("single", "none")
    assert desk.marks_painted() is False
    desk.press("o")
    assert desk.viewer("layoutName") == "pair"
    assert desk.marks_painted() is True


def test_presets_set_the_window_by_key(desk: Desk, study_id: str) -> None:
    opened(desk, study_id)
    words = []
    for number in range(1, 6):
        desk.press(f"Shift+Digit{number}")
        desk.settled()
        words.append(desk.part("window").inner_text())
    assert len(set(words)) == 5
    desk.press("Shift+Digit1")
    eventually(lambda: desk.part("window").inner_text() == words[0])


def test_each_finding_keeps_its_own_opacity(desk: Desk, study_id: str) -> None:
    opened(desk, study_id)
    shown = desk.part("opacity-text")
    desk.press("[", "[")
    first = shown.inner_text()
    desk.press("Tab", "]", "]", "]")
    assert shown.inner_text() != first
    desk.press("Shift+Tab")
    assert shown.inner_text() == first


def test_a_prior_of_the_same_patient_stands_beside_the_film(installation: Installation, desk: Desk) -> None:
    old = sent(installation, seed=72, patient_id="PRIOR-7", issuer_of_patient_id="NORTH")
    new = sent(installation, seed=73, patient_id="PRIOR-7", issuer_of_patient_id="NORTH")
    opened(desk, new)
    desk.part("priors").locator("button").wait_for()
    desk.press("v")
    eventually(lambda: desk.viewer("shown('prior')") is not None)
    prior = installation.client("reader").get(f"/api/studies/{old}/").json()["instances"][0]["id"]
    assert desk.viewer("shown('prior').instance.id") == prior and desk.viewer("layoutName") == "prior"
    desk.press("v")
    assert desk.viewer("layoutName") == "pair"


def test_without_a_prior_the_page_says_so(desk: Desk, study_id: str) -> None:
    opened(desk, study_id).press("v")
    desk.part("toast").filter(has_text="no earlier study").wait_for()
    assert desk.viewer("layoutName") == "pair"


def test_the_layout_is_remembered_for_the_user(installation: Installation, desk: Desk, study_id: str) -> None:
    opened(desk, study_id).press("y", "y")
    assert desk.viewer("layoutName") == "quad"
    desk.part("prior-none").wait_for()
    eventually(lambda: installation.client("reader").get("/api/preferences/").json()["layout"] == "quad")
    desk.press("y")
    eventually(lambda: installation.client("reader").get("/api/preferences/").json()["layout"] == "pair")


def test_buttons_are_reached_by_key_and_tab_is_theirs_there(desk: Desk, study_id: str) -> None:
    opened(desk, study_id)
    chosen = desk.page.locator('.finding[aria-current="true"]')
    before = chosen.inner_text()
    desk.press("c", "Tab")
    assert desk.page.evaluate("document.activeElement.closest('[data-zone]') !== null")
    assert chosen.inner_text() == before
    desk.press("Escape", "Tab")
    eventually(lambda: chosen.inner_text() != before)


def test_a_lost_connection_says_what_still_works(desk: Desk, study_id: str) -> None:
    sockets: list[Any] = []
    down = {"now": False}

    def carry(socket: Any) -> None:
        if down["now"]:
            socket.close()
            return
        socket.connect_to_server()
        sockets.append(socket)

    desk.page.route_web_socket("**/ws/studies/**", carry)
    opened(desk, study_id)
    desk.wait_until_live()
    down["now"] = True
    sockets[-1].close()
    desk.part("connection").get_by_text("can be looked at").wait_for()
    desk.press("b", "b", "Tab")
    down["now"] = False
    desk.wait_until_live()
    assert not desk.part("connection").is_visible()
