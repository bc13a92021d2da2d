"""The portal in a real browser, beyond the story: frames, handling, deletion, permissions on the screen, two sizes."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import Desk, chromium, eventually, requires_browser
from tests.films import make_dicom
from tests.installation import Installation
from tests.story import installation_with_small_models

SEEN_MS = 400  # a film that was on the screen for less cannot be signed

pytestmark = [*requires_browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation_with_small_models(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def desk_of(installation: Installation, browser: Any) -> Iterator[Any]:
    desks: list[Desk] = []

    def make(role: str, **size: int) -> Desk:
        desk = Desk(browser, installation.base, **size)
        desks.append(desk)
        desk.sign_in(role, installation.secret_of(role))
        return desk

    yield make
    complaints = [complaint for desk in desks for complaint in desk.complaints]
    for desk in desks:
        desk.context.close()
    assert complaints == []


def sent(installation: Installation, **phantom: Any) -> str:
    """A phantom after the models looked at it."""
    client = installation.client("technologist")
    study_id = client.upload(make_dicom(**phantom), file_name="phantom.dcm").json()["study_id"]
    client.wait_until_read_by_machine(study_id)
    return str(study_id)


def opened(desk: Desk, study_id: str) -> Desk:
    desk.page.goto(f"{desk.base}/studies/{study_id}/")
    desk.wait_until_shown(study_id)
    desk.page.wait_for_timeout(SEEN_MS)
    return desk


def hand_is(desk: Desk, *study_ids: str) -> None:
    """What the page is handed next, whatever else waits in this installation."""
    rows = [{"id": study_id, "pseudonym": "P-NEXT", "version": 1} for study_id in study_ids]
    answer = {"waiting": len(rows), "hand": rows, "leased_until": "2100-01-01T00:00:00Z"}
    desk.page.route("**/api/worklist/hand/", lambda route: route.fulfill(json=answer))


def test_frames_of_a_stack_are_stepped_through_by_key(installation: Installation, desk_of: Any) -> None:
    desk = opened(desk_of("reader"), sent(installation, seed=31, number_of_frames=3))
    words = desk.part("frames")
    where = int(words.inner_text().split("frame ")[1].split(" of ")[0])
    key, expected = ("ArrowDown", where + 1) if where < 3 else ("ArrowUp", where - 1)
    desk.press(key)
    eventually(lambda: f"frame {expected} of 3" in words.inner_text())


def test_another_case_type_runs_other_models(installation: Installation, desk_of: Any) -> None:
    desk = opened(desk_of("reader"), sent(installation, seed=32))
    desk.page.get_by_label("Case type").select_option("bone")
    desk.page.get_by_role("button", name="Run the models for it").click()
    eventually(lambda: "bone-small" in desk.part("models").inner_text(), seconds=60)
    eventually(lambda: "fracture" in desk.part("said").inner_text().lower(), seconds=60)


def test_an_image_that_no_model_was_made_for_is_not_analysed_and_says_why(
    installation: Installation, desk_of: Any
) -> None:
    study_id = sent(installation, seed=33, modality="MR", body_part_examined="")
    desk = opened(desk_of("reader"), study_id)
    verdict = desk.part("verdict").inner_text().lower()
    assert "not analysed" in verdict and "no model" in verdict and "normal" not in verdict
    assert desk.page.locator('[data-act="confirm"]').is_disabled()
    desk.press("Shift+Enter")
    desk.part("toast").filter(has_text="Signed").wait_for()


def test_deleting_asks_first_and_takes_open_pages_along(installation: Installation, desk_of: Any) -> None:
    study_id = sent(installation, seed=34)
    lead, reader = opened(desk_of("lead_reader"), study_id), opened(desk_of("reader"), study_id)
    assert reader.page.get_by_role("button", name="Delete the study").count() == 0
    lead.page.get_by_role("button", name="Delete the study").click()
    lead.part("delete-dialog").get_by_role("button", name="Keep it").click()
    assert installation.client("reader").get(f"/api/studies/{study_id}/").status == 200
    lead.page.get_by_role("button", name="Delete the study").click()
    lead.part("delete-dialog").get_by_role("button", name="Delete for good").click()
    lead.page.wait_for_url(lead.base + "/")
    reader.page.wait_for_url(reader.base + "/")
    assert installation.client("reader").get(f"/api/studies/{study_id}/").status == 404


def test_whoever_may_not_review_is_offered_no_review(installation: Installation, desk_of: Any) -> None:
    study_id = sent(installation, seed=35)
    desk = opened(desk_of("technologist"), study_id)
    assert not desk.part("acts").is_visible()
    desk.press("1", "x", "r")
    desk.page.wait_for_timeout(300)
    reads = installation.client("reader").get(f"/api/studies/{study_id}/reviews/").json()["reads"]
    assert reads == [] and not desk.part("draw-hint").is_visible()


def test_a_page_that_is_behind_confirms_nothing(installation: Installation, desk_of: Any) -> None:
    study_id = sent(installation, seed=36)
    desk = desk_of("reader")
    desk.page.route("**/api/studies/*/confirm/", _with_an_old_version)
    opened(desk, study_id).press("1")
    desk.part("toast").filter(has_text="The findings of this study have changed").wait_for()
    assert desk.page.url.endswith(f"/studies/{study_id}/")


def _with_an_old_version(route: Any) -> None:
    route.continue_(post_data='{"expected_version": 0}')


def test_zoom_and_window_move_both_films_and_come_back(installation: Installation, desk_of: Any) -> None:
    desk = opened(desk_of("reader"), sent(installation, seed=37))
    desk.press("g", "b")
    as_sent = desk.part("window").inner_text()
    desk.press("+")
    start = desk.screen_of(30, 30, "original")
    desk.drag(start, (start[0] - 60, start[1] - 40), button="right")
    assert desk.pixels_differ() == 0.0
    assert desk.part("window").inner_text() != as_sent and desk.viewer("state('study').zoom") > 1
    desk.press("0")
    eventually(lambda: desk.part("window").inner_text() == as_sent)
    assert desk.viewer("state('study').fitted") is True


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080), (1200, 1920), (820, 1180)])
def test_nothing_is_cut_off_at_common_sizes(installation: Installation, desk_of: Any, width: int, height: int) -> None:
    desk = desk_of("reader", width=width, height=height)
    desk.wait_until_live()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == width
    opened(desk, sent(installation, seed=width))
    assert desk.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        width,
        height,
    ]
    for act in ("confirm", "correct", "undo"):
        place = desk.page.locator(f'aside [data-act="{act}"]').bounding_box()
        assert place["x"] + place["width"] <= width and place["y"] + place["height"] <= height


def test_the_patient_is_found_by_id_and_the_id_stands_in_no_address(installation: Installation, desk_of: Any) -> None:
    desk = desk_of("reader")
    data = make_dicom(seed=5, rows=96, columns=80, patient_id="STORY-4711")
    sent = installation.client("technologist").upload(data, file_name="known.dcm").json()
    addresses: list[str] = []
    desk.page.on("request", lambda request: addresses.append(request.url))
    desk.press("/")
    desk.page.keyboard.type("story-4711")
    desk.press("Enter")
    desk.part("searched").get_by_text("Studies of one patient").wait_for()
    eventually(lambda: desk.part("rows").locator("tr").count() == 1)
    assert desk.page.locator(f'tr[data-study="{sent["study_id"]}"]').count() == 1
    assert not [address for address in addresses if "4711" in address]


def test_a_session_that_ended_leads_to_the_sign_in_and_says_so(installation: Installation, desk_of: Any) -> None:
    desk = desk_of("reader")
    desk.wait_until_live()
    desk.context.clear_cookies()
    desk.part("lanes").get_by_text("All studies").click()
    desk.page.wait_for_url("**/sign-in/**")
    assert "Sessions end after 15 minutes without activity" in desk.page.inner_text("main")


def test_what_happened_to_a_study_that_was_fetched_ahead_is_shown_when_it_is_opened(
    installation: Installation, desk_of: Any
) -> None:
    first, second = sent(installation, seed=38), sent(installation, seed=39)
    desk = desk_of("reader")
    hand_is(desk, second)
    with desk.page.expect_response(f"**/api/studies/{second}/reviews/"):
        opened(desk, first)
    desk.page.wait_for_timeout(500)
    installation.client("lead_reader").post(f"/api/studies/{second}/confirm/")
    desk.page.wait_for_timeout(700)
    desk.press("n")
    desk.page.wait_for_url(f"**/studies/{second}/")
    desk.part("others").get_by_text("Demo lead reader").wait_for(timeout=8000)
