"""One hand on the keys: what comes next, what is taken back, what the server refuses, what cannot be sent."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import Desk, chromium, eventually, requires_browser
from tests.diagnostics.test_desk import SEEN_MS, hand_is, opened, sent
from tests.installation import Installation
from tests.story import blind_first_set, installation_with_small_models

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation_with_small_models(tmp_path_factory.mktemp("hand")) as running:
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


@pytest.fixture
def studies(installation: Installation) -> list[str]:
    return [sent(installation, seed=seed) for seed in (51, 52, 53, 54)]


def reads_of(installation: Installation, study_id: str) -> list[dict[str, Any]]:
    return installation.client("reader").get(f"/api/studies/{study_id}/reviews/").json()["reads"]


def toast(desk: Desk, words: str) -> None:
    desk.part("toast").filter(has_text=words).wait_for()


def test_the_next_three_are_fetched_and_the_next_one_stands_within_a_blink(
    installation: Installation, desk: Desk, studies: list[str]
) -> None:
    first, *following = studies
    fetched: set[str] = set()
    desk.page.on("response", lambda response: fetched.add(response.url) if "/reviews/" in response.url else None)
    hand_is(desk, *following)
    opened(desk, first)

    def all_fetched() -> bool:
        desk.page.wait_for_timeout(100)  # events are heard while the browser is waited for
        return all(any(study_id in url for url in fetched) for study_id in following)

    eventually(all_fetched)
    desk.page.wait_for_timeout(1500)
    desk.press("1")
    desk.wait_until_shown(following[0])
    toast(desk, "Confirmed and signed")
    assert [read["state"] for read in reads_of(installation, first)] == ["signed"]
    assert len(desk.timings("first-paint")) == 1
    assert desk.timings("key-to-next-image")[0] < 3000  # the figure is printed by the working-day test


def test_undo_brings_the_study_back_after_the_next_one_is_open(
    installation: Installation, desk: Desk, studies: list[str]
) -> None:
    first, second, *_ = studies
    hand_is(desk, second)
    opened(desk, first).press("1")
    desk.wait_until_shown(second)
    toast(desk, "Confirmed and signed")
    desk.press("Escape", "u")
    desk.wait_until_shown(first)
    toast(desk, "Undone")
    assert [read for read in reads_of(installation, first) if read["state"] == "signed"] == []
    desk.press("n")
    desk.wait_until_shown(second)
    desk.press("p")
    desk.wait_until_shown(first)


def test_a_refused_signature_comes_back_with_the_reason(
    installation: Installation, desk: Desk, studies: list[str]
) -> None:
    first, second, *_ = studies
    hand_is(desk, second)
    opened(desk, first)
    refusal = {
        "code": "version_changed",
        "message": "The findings of this study have changed.",
        "remedy": "Look again.",
    }
    desk.page.route("**/confirm/", lambda route: route.fulfill(status=409, json=refusal))
    desk.press("1")
    toast(desk, "The findings of this study have changed.")
    desk.wait_until_shown(first)
    assert desk.page.url.endswith(f"/studies/{first}/")
    desk.page.unroute("**/confirm/")
    desk.page.wait_for_timeout(SEEN_MS)
    desk.press("1")
    desk.wait_until_shown(second)
    toast(desk, "Confirmed and signed")


def test_without_a_connection_the_act_is_named_kept_and_sent_when_asked(
    installation: Installation, desk: Desk, studies: list[str]
) -> None:
    first, second, *_ = studies
    hand_is(desk, second)
    opened(desk, first)
    desk.page.route("**/confirm/", lambda route: route.abort())
    desk.press("1")
    desk.part("unsent").get_by_text("Confirm · P-").wait_for()
    desk.wait_until_shown(first)
    assert reads_of(installation, first) == []
    desk.page.unroute("**/confirm/")
    desk.part("send-again").click()
    toast(desk, "Confirmed and signed")
    assert [read["state"] for read in reads_of(installation, first)] == ["signed"]
    assert not desk.part("unsent").is_visible()


def test_a_second_opinion_is_asked_by_key_and_leads_on(
    installation: Installation, desk: Desk, studies: list[str]
) -> None:
    first, second, *_ = studies
    hand_is(desk, second)
    opened(desk, first).press("3")
    desk.page.keyboard.type("left apex?")
    desk.press("Enter")
    desk.wait_until_shown(second)
    asked = installation.client("lead_reader").get(f"/api/studies/{first}/reading/").json()["second_read"]
    assert (asked["open"], asked["reason"], asked["comment"]) == (True, "requested", "")  # blind to the doubt, too


def test_a_finding_is_accepted_by_key_and_the_rest_confirmed(
    installation: Installation, desk: Desk, studies: list[str]
) -> None:
    opened(desk, studies[0]).press("Tab", "Enter")
    desk.part("said").get_by_text("confirmed by you").first.wait_for()
    assert len(reads_of(installation, studies[0])[0]["reviews"]) == 1
    desk.press("u")
    toast(desk, "Undone")
    eventually(lambda: desk.page.locator('.finding[data-verdict="confirmed"]').count() == 0)


def test_blind_first_shows_nothing_of_the_models_until_the_reader_commits(
    installation: Installation, desk: Desk, studies: list[str]
) -> None:
    blind_first_set(installation, True)
    try:
        opened(desk, studies[0])
        desk.part("blind").get_by_text("Blind first").wait_for()
        assert desk.page.locator(".finding").count() == 0 and desk.pixels_differ() == 0.0
        assert desk.part("confirm-words").inner_text() == "Commit: normal"
        desk.press("1")
        desk.part("said").locator(".finding").first.wait_for()
        assert not desk.part("blind").is_visible()
        toast(desk, "Committed: normal")
        desk.part("reading").get_by_text("You committed: normal").wait_for()
    finally:
        blind_first_set(installation, False)
