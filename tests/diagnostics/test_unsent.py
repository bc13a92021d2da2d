"""An act that could not be sent outlives a reload of the page, in this tab, for this reader, as ids and codes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import Desk, chromium, eventually, requires_browser
from tests.diagnostics.test_desk import hand_is, opened, sent
from tests.installation import Installation
from tests.story import installation_with_small_models

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(600)]
STORED = "() => sessionStorage.getItem('second-reader.unsent')"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation_with_small_models(tmp_path_factory.mktemp("unsent")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def desk(installation: Installation, browser: Any) -> Iterator[Desk]:
    reader = Desk(browser, installation.base)
    reader.page.on("dialog", lambda dialog: dialog.accept())  # the browser asks before the page is left
    reader.sign_in("reader", installation.secret_of("reader"))
    yield reader
    complaints = reader.complaints
    reader.context.close()
    assert complaints == []


def kept(desk: Desk) -> list[dict[str, Any]]:
    text = desk.page.evaluate(STORED)
    return json.loads(text)["acts"] if text else []


def reads_of(installation: Installation, study_id: str) -> list[str]:
    reads = installation.client("reader").get(f"/api/studies/{study_id}/reviews/").json()["reads"]
    return [read["state"] for read in reads]


def without_connection(desk: Desk, study_id: str, key: str, act: str) -> None:
    """The key is pressed while nothing reaches the server; the act stands in the banner."""
    desk.context.set_offline(True)
    desk.press(key)
    desk.part("unsent").get_by_text(act).wait_for()
    desk.context.set_offline(False)
    assert [one["studyId"] for one in kept(desk)] == [study_id]


def reloaded(desk: Desk, study_id: str) -> None:
    desk.page.reload()
    desk.wait_until_shown(study_id)


def test_a_signature_that_was_not_sent_is_offered_after_a_reload_and_signed_once(
    installation: Installation, desk: Desk
) -> None:
    first, second = (sent(installation, seed=seed) for seed in (61, 62))
    hand_is(desk, second)
    opened(desk, first)
    without_connection(desk, first, "1", "Confirm · P-")
    stored = kept(desk)
    assert set(stored[0]) == {"act", "studyId", "version", "tag", "at"}

    reloaded(desk, first)
    banner = desk.part("unsent")
    banner.get_by_text("Confirm · P-").wait_for()
    assert reads_of(installation, first) == [] and kept(desk) == stored  # nothing sends it by itself
    desk.part("send-again").click()
    desk.part("toast").filter(has_text="Confirmed and signed").wait_for()
    eventually(lambda: not banner.is_visible())
    assert reads_of(installation, first) == ["signed"] and kept(desk) == []
    reloaded(desk, first)
    assert not banner.is_visible()
    assert reads_of(installation, first) == ["signed"]


def test_a_signature_that_had_arrived_is_not_signed_twice(installation: Installation, desk: Desk) -> None:
    study = sent(installation, seed=63)
    hand_is(desk)
    opened(desk, study)
    without_connection(desk, study, "1", "Confirm · P-")
    assert installation.client("reader").post(f"/api/studies/{study}/confirm/").status == 200
    reloaded(desk, study)
    desk.part("send-again").click()
    desk.part("toast").filter(has_text="It had arrived").wait_for()
    assert reads_of(installation, study) == ["signed"] and kept(desk) == []


def test_a_verdict_is_sent_again_and_what_was_typed_is_said_to_be_lost_or_in_the_draft(
    installation: Installation, desk: Desk
) -> None:
    study = sent(installation, seed=64)
    opened(desk, study).press("Tab")
    without_connection(desk, study, "Enter", "Accept ")
    desk.page.evaluate(
        """(study) => {
            const left = JSON.parse(sessionStorage.getItem("second-reader.unsent"));
            left.acts.push({ act: "added", studyId: study });
            addEventListener("pagehide", () => sessionStorage.setItem("second-reader.unsent", JSON.stringify(left)));
        }""",
        study,
    )
    reloaded(desk, study)
    banner = desk.part("unsent")
    banner.get_by_text("Accept a finding · P-").wait_for()
    assert "Add a finding" in banner.inner_text() and "has to be said again" in banner.inner_text()
    desk.part("send-again").click()
    desk.part("toast").filter(has_text="Sent: Accept a finding").wait_for()
    desk.part("said").get_by_text("confirmed by you").first.wait_for()
    assert reads_of(installation, study) == ["draft"] and [one["act"] for one in kept(desk)] == ["added"]
    assert desk.part("send-again").count() == 0
    desk.part("drop-unsent").click()
    assert kept(desk) == []


def test_two_verdicts_and_the_signature_after_them_are_sent_one_after_the_other(
    installation: Installation, desk: Desk
) -> None:
    study = sent(installation, seed=66)
    hand_is(desk)
    opened(desk, study).press("Tab")
    desk.context.set_offline(True)
    for keys, count in ((("Enter",), 1), (("Tab", "Enter"), 2), (("Shift+Enter",), 3)):
        desk.press(*keys)
        eventually(lambda count=count: len(kept(desk)) == count)  # type: ignore[misc]
        desk.page.wait_for_timeout(300)
    desk.context.set_offline(False)
    reloaded(desk, study)
    desk.part("unsent").get_by_text("Sign · P-").wait_for()
    desk.part("send-again").click()
    desk.part("toast").filter(has_text="Signed").wait_for()
    eventually(lambda: kept(desk) == [])
    reads = installation.client("reader").get(f"/api/studies/{study}/reviews/").json()["reads"]
    assert [(read["state"], len(read["reviews"])) for read in reads] == [("signed", 2)]


def test_signing_out_forgets_it_and_nobody_else_is_offered_it(
    installation: Installation, desk: Desk, browser: Any
) -> None:
    study = sent(installation, seed=65)
    hand_is(desk)
    opened(desk, study)
    without_connection(desk, study, "1", "Confirm · P-")
    stored = desk.page.evaluate(STORED)
    desk.part("account").locator("summary").click()
    desk.page.get_by_role("button", name="Sign out").click()
    desk.page.wait_for_url("**/sign-in/**")
    assert desk.page.evaluate(STORED) is None

    desk.page.evaluate("(text) => sessionStorage.setItem('second-reader.unsent', text)", stored)
    desk.sign_in("lead_reader", installation.secret_of("lead_reader"))
    opened(desk, study)
    assert not desk.part("unsent").is_visible() and desk.page.evaluate(STORED) is None
