"""The claims pages: who gets them, what stands in them, and the whole decision in a real browser, by keyboard."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from imaging.phantom import phantom_png
from imaging.services.insurance_claims import claim_open
from tests.browser import Desk, chromium, eventually, requires_browser
from tests.imaging import jaw_phantoms as jaws
from tests.installation import Installation


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "status"), [("claims_examiner", 200), ("claims_assistant", 200), ("reader", 403)])
def test_the_lane_is_for_who_sees_claims(api: Any, name: str, status: int) -> None:
    assert api(name).get("/claims/", headers={"Accept": "text/html"}).status_code == status


@pytest.mark.django_db
def test_a_claims_page_holds_no_number_and_offers_a_decision_only_to_who_may_decide(
    api: Any, site: Any, user_of: Any
) -> None:
    claim = claim_open(site=site, number="AB-2026-000123", actor=user_of("claims_examiner"))
    pages = {
        name: api(name).get(f"/claims/{claim.id}/").content.decode() for name in ("claims_examiner", "claims_assistant")
    }
    assert all("000123" not in page for page in pages.values())
    assert "data-decision" in pages["claims_examiner"] and "data-decision" not in pages["claims_assistant"]
    assert api("claims_examiner_elsewhere").get(f"/claims/{claim.id}/").status_code == 404


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    running = Installation(tmp_path_factory.mktemp("claims"), ENGINE_BUILDS="0")
    running.start()
    try:
        yield running
    finally:
        running.kill()


def sent(client: Any, grey: Any, number: str) -> None:
    site = client.get("/api/session/").json()["sites"][0]["id"]
    headers = {"Content-Type": "application/octet-stream", "X-Site": site, "X-Claim-Number": quote(number)}
    answer = client.request("POST", "/api/studies/upload/", phantom_png(grey), headers)
    assert answer.status == 201, answer.body


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestInABrowser:
    pytestmark = requires_browser

    @pytest.fixture(scope="class")
    def browser(self) -> Iterator[Any]:
        with chromium() as running:
            yield running

    def test_an_examiner_compares_and_decides_by_keyboard_and_hears_of_a_new_film(
        self, installation: Installation, browser: Any
    ) -> None:
        film, sender = jaws.jaw_phantom(1), installation.client("technologist")
        sent(sender, film, "CLAIM-0001")
        sent(sender, jaws.saved_again(jaws.turned(film, degrees=2)), "CLAIM-0002")
        desk = Desk(browser, installation.base, width=1280, height=800)
        desk.sign_in("claims_examiner", installation.secret_of("claims_examiner"))
        desk.page.goto(f"{desk.base}/claims/")
        desk.page.wait_for_selector("tr[data-id]")
        assert desk.part("rows").locator("tr").count() == 2
        desk.press("ArrowDown", "Enter")
        desk.page.wait_for_url("**/claims/*-*/")
        eventually(
            lambda: "looks like a film of claim CLAIM-0001" in desk.part("said").inner_text().replace("Looks", "looks")
        )
        eventually(lambda: _painted(desk, "left") and _painted(desk, "right"))
        desk.press("s")
        eventually(lambda: "The same film" in desk.part("said").inner_text())
        desk.press("3")
        assert desk.part("decision-error").inner_text() == "Write why, then decide."
        desk.page.keyboard.type("The film of another claim.")
        desk.page.locator("#content").focus()
        desk.press("3")
        eventually(lambda: desk.part("state").inner_text() == "denied")
        desk.wait_until_live()
        sent(sender, jaws.jaw_phantom(2), "CLAIM-0002")
        eventually(lambda: desk.part("state").inner_text() == "open again, was denied")
        eventually(lambda: desk.part("films").locator("li").count() == 2)
        assert desk.complaints == []
        desk.context.close()


def _painted(desk: Desk, side: str) -> bool:
    """The canvas of a side holds more than one grey value."""
    return bool(
        desk.page.evaluate(
            """(side) => {
                const canvas = document.querySelector(`[data-role="${side}"] canvas`);
                const { width, height } = canvas;
                const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
                return new Set(data.filter((_, index) => index % 4 === 0)).size > 8;
            }""",
            side,
        )
    )
