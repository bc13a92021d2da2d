"""One image, end to end: a radiograph that nobody here made goes in through the browser and comes back classified,
localized, explained and triaged; a reader sees it appear live, looks at it beside its overlay, and confirms or corrects
it. Real portal, real worker, real Chromium; every step leaves its row in the audit trail."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Desk, chromium, eventually, requires_browser
from tests.films import make_dicom, make_png
from tests.installation import Installation
from tests.paths import requires_shared_data, shared_data
from tests.story import installation_with_small_models

pytestmark = [*requires_browser, pytest.mark.timeout(600)]
BROKEN = b"this is no image at all" * 40
ROWS, COLUMNS = 256, 224


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation_with_small_models(tmp_path_factory.mktemp("story")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def desk(installation: Installation, browser: Any) -> Iterator[Desk]:
    """The reader's screen; whatever the page complains of fails the test."""
    reader = Desk(browser, installation.base)
    reader.sign_in("reader", installation.secret_of("reader"))
    yield reader
    complaints = reader.complaints
    reader.context.close()
    assert complaints == []


def rows_of(installation: Installation, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Straight from the database file: what is on record, whatever the product says of it."""
    with sqlite3.connect(f"file:{installation.data / 'db.sqlite3'}?mode=ro", uri=True) as connection:
        return connection.execute(query, parameters).fetchall()


def actions_on(installation: Installation, study_id: str) -> list[tuple[str, str, str]]:
    """(action, actor, model digest) of every audit row of a study, in order."""
    query = "SELECT action, actor_label, model_sha256 FROM accounts_auditevent WHERE study_id = ? ORDER BY sequence"
    return rows_of(installation, query, study_id.replace("-", ""))


def ready_rows(desk: Desk) -> Any:
    return desk.part("rows").locator("tr", has_text="ready")


def open_study(desk: Desk, study_id: str) -> None:
    desk.page.goto(f"{desk.base}/studies/{study_id}/")
    desk.wait_until_shown(study_id)
    desk.part("said").locator(".finding").first.wait_for()
    desk.page.wait_for_timeout(400)  # less has not been seen, and is not signed


def signed_toast(desk: Desk, words: str) -> Any:
    toast = desk.part("toast").filter(has_text=words)
    toast.wait_for()
    return toast


@pytest.fixture
def study_id(installation: Installation) -> str:
    """A phantom that the models have looked at, with a seed of its own."""
    client = installation.client("technologist")
    data = make_dicom(seed=int(time.time() * 1000) % 10**6, rows=ROWS, columns=COLUMNS)
    sent = client.upload(data, file_name="phantom.dcm").json()
    assert client.wait_until_read_by_machine(sent["study_id"])["analysis"]["state"] == "analysed"
    return str(sent["study_id"])


def test_images_go_in_and_appear_live_beside_their_refusals(installation: Installation, desk: Desk) -> None:
    desk.page.evaluate("window.neverReloaded = true")
    before = ready_rows(desk).count()
    desk.drop_files(
        ("first.dcm", make_dicom(seed=11, rows=ROWS, columns=COLUMNS)),
        ("second.png", make_png(seed=12, rows=ROWS, columns=COLUMNS)),
        ("letter.docx", BROKEN),
    )
    files = desk.part("upload-files")
    files.locator("li", has_text="letter.docx").get_by_text("Refused.").wait_for()
    assert "Send DICOM, PNG or JPEG files" in files.locator("li", has_text="letter.docx").inner_text()
    files.locator("li", has_text="second.png").get_by_text("Which case type is it?").wait_for()
    desk.part("upload-case-type").select_option("chest")
    files.locator('li[data-state="done"]').nth(1).wait_for()
    eventually(lambda: ready_rows(desk).count() >= before + 2)
    assert desk.page.evaluate("window.neverReloaded") is True
    assert desk.part("live").inner_text() == "live"


def test_a_row_follows_its_study_within_a_second(installation: Installation, desk: Desk, study_id: str) -> None:
    desk.page.goto(desk.base + "/")
    row = desk.page.locator(f'tr[data-study="{study_id}"]')
    row.wait_for()
    desk.wait_until_live()
    client = installation.client("lead_reader")
    started = time.monotonic()
    assert client.post(f"/api/studies/{study_id}/confirm/").status == 200
    row.wait_for(state="detached")
    assert time.monotonic() - started < 2.0


def test_a_reader_looks_at_the_film_beside_its_overlay(installation: Installation, desk: Desk, study_id: str) -> None:
    desk.page.goto(desk.base + "/")
    desk.page.locator(f'tr[data-study="{study_id}"]').wait_for()
    desk.press("ArrowDown")
    assert desk.page.locator('tr[aria-selected="true"]').count() == 1
    open_study(desk, study_id)
    assert desk.pixels_differ() > 0.02
    desk.press("g")
    desk.page.wait_for_timeout(300)
    with_boxes_only = desk.pixels_differ()
    desk.press("b")
    desk.page.wait_for_timeout(300)
    assert desk.pixels_differ() == 0.0 <= with_boxes_only
    desk.press("g", "b")
    caption = desk.part("overlay-caption")
    first = caption.inner_text()
    desk.press("Tab")
    desk.page.wait_for_timeout(300)
    assert caption.inner_text() != first
    seen = {action for action, actor, _ in actions_on(installation, study_id) if actor == "reader"}
    assert {"study.viewed", "findings.viewed", "frame.viewed", "heatmap.viewed", "reviews.viewed"} <= seen


def test_a_finding_below_its_operating_point_shows_its_heatmap_only_on_demand(desk: Desk, study_id: str) -> None:
    open_study(desk, study_id)
    desk.part("below-summary").click()
    desk.part("below").locator(".finding").first.click()
    desk.page.wait_for_timeout(300)
    assert "no finding above threshold" in desk.part("overlay-caption").inner_text()
    hidden = desk.pixels_differ()
    desk.press("h")
    desk.page.wait_for_timeout(800)
    assert "shown because you asked" in desk.part("overlay-caption").inner_text()
    assert desk.pixels_differ() >= hidden


def test_one_key_confirms_and_one_key_takes_it_back(installation: Installation, desk: Desk, study_id: str) -> None:
    open_study(desk, study_id)
    desk.press("1")
    signed_toast(desk, "Confirmed and signed")
    acts = [(action, bool(digest)) for action, actor, digest in actions_on(installation, study_id) if actor == "reader"]
    assert ("finding.confirmed", True) in acts and ("read.signed", False) in acts
    desk.press("u")
    desk.page.wait_for_url(f"**/studies/{study_id}/")
    signed_toast(desk, "Undone")
    assert "read.reopened" in {action for action, actor, _ in actions_on(installation, study_id) if actor == "reader"}
    standing = rows_of(
        installation,
        "SELECT count(*) FROM feedback_findingreview v JOIN feedback_read r ON r.id = v.read_id LEFT JOIN"
        " feedback_reviewwithdrawal w ON w.review_id = v.id WHERE r.study_id = ? AND w.id IS NULL",
        study_id.replace("-", ""),
    )
    assert standing == [(0,)]


def test_a_missing_box_is_drawn_named_and_signed(installation: Installation, desk: Desk, study_id: str) -> None:
    open_study(desk, study_id)
    desk.press("2", "x")
    desk.part("said").get_by_text("rejected by you").first.wait_for()
    desk.press("r")
    desk.drag(desk.screen_of(40, 60), desk.screen_of(100, 130))
    desk.page.locator("dialog[open] input").fill("nod")
    desk.press("Enter")
    desk.part("yours").get_by_text("Nodule").wait_for()
    desk.press("Shift+Enter")
    signed_toast(desk, "Signed")
    query = "SELECT v.verdict, v.label, v.left, v.top, v.right, v.bottom FROM feedback_findingreview v"
    query += " JOIN feedback_read r ON r.id = v.read_id WHERE r.study_id = ? ORDER BY v.created_at"
    rejected, added = rows_of(installation, query, study_id.replace("-", ""))
    assert rejected[0] == "rejected" and added[:2] == ("added", "nodule")
    assert added[2:] == pytest.approx((40, 60, 100, 130), abs=1.0)
    acts = [action for action, actor, _ in actions_on(installation, study_id) if actor == "reader"]
    assert {"finding.rejected", "finding.added", "read.signed"} <= set(acts)


def test_a_second_reader_is_asked_before_reading_beside_the_first(
    installation: Installation, desk: Desk, study_id: str
) -> None:
    installation.client("lead_reader").post(f"/api/studies/{study_id}/confirm/")
    open_study(desk, study_id)
    assert "Demo lead reader" in desk.part("others").inner_text()
    desk.press("1")
    dialog = desk.part("second-dialog")
    dialog.get_by_text("Demo lead reader").wait_for()
    dialog.get_by_role("button", name="Go on as a second reader").click()
    signed_toast(desk, "Confirmed and signed")
    reads = rows_of(
        installation, "SELECT state, second_read FROM feedback_read WHERE study_id = ?", study_id.replace("-", "")
    )
    assert sorted(reads) == [("signed", 0), ("signed", 1)]


def test_an_open_page_shows_what_others_do_without_a_reload(
    installation: Installation, desk: Desk, study_id: str
) -> None:
    open_study(desk, study_id)
    desk.wait_until_live()
    installation.client("lead_reader").post(f"/api/studies/{study_id}/confirm/")
    desk.part("others").get_by_text("Demo lead reader").wait_for(timeout=5000)


def test_what_happened_while_the_connection_was_down_is_shown_when_it_is_back(
    installation: Installation, desk: Desk
) -> None:
    sockets: list[Any] = []
    down = {"now": False}

    def carry(socket: Any) -> None:
        if down["now"]:
            socket.close()
            return
        socket.connect_to_server()
        sockets.append(socket)

    desk.page.route_web_socket("**/ws/worklist/", carry)
    desk.page.goto(desk.base + "/")
    live = desk.part("live")
    desk.wait_until_live()
    desk.page.evaluate("window.neverReloaded = true")
    down["now"] = True
    sockets[-1].close()
    live.filter(has_text="reconnecting").wait_for()
    client = installation.client("technologist")
    sent = client.upload(make_dicom(seed=77, rows=ROWS, columns=COLUMNS), file_name="missed.dcm").json()
    client.wait_until_read_by_machine(sent["study_id"])
    down["now"] = False
    desk.page.locator(f'tr[data-study="{sent["study_id"]}"]', has_text="ready").wait_for(timeout=15_000)
    desk.wait_until_live()
    assert desk.page.evaluate("window.neverReloaded") is True


def test_the_compliance_officer_finds_it_all_in_the_audit_trail(
    installation: Installation, browser: Any, study_id: str
) -> None:
    installation.client("reader").post(f"/api/studies/{study_id}/confirm/")
    officer = Desk(browser, installation.base)
    officer.sign_in("compliance_officer", installation.secret_of("compliance_officer"))
    officer.page.goto(f"{installation.base}/admin/accounts/auditevent/?q={study_id}")
    trail = officer.page.inner_text("#changelist")
    digests = {digest[:12] for _, _, digest in actions_on(installation, study_id) if digest}
    assert digests and all(digest in trail for digest in digests)
    for words in ("sent a study in", "analysed an image", "confirmed a finding", "signed a read"):
        assert words in trail, trail[:2000]
    assert officer.complaints == []
    officer.context.close()


@pytest.mark.parametrize("_", [pytest.param(0, marks=requires_shared_data)])
def test_real_films_come_back_with_triage_within_thirty_seconds(installation: Installation, desk: Desk, _: int) -> None:
    chest = sorted((shared_data() / "chest_nih" / "images").iterdir())[:5]
    bone = sorted((shared_data() / "fracture_fracatlas" / "images").iterdir())[:3]
    started = time.monotonic()
    for case_type, paths in (("chest", chest), ("bone", bone)):
        desk.part("upload-case-type").evaluate("(menu, code) => { menu.value = code; }", case_type)
        desk.drop_files(*[(path.name, Path(path).read_bytes()) for path in paths])
    files = desk.part("upload-files")
    files.locator('li[data-state="done"]').nth(7).wait_for()
    links = [link.get_attribute("href") for link in files.locator("a").all()]
    for link in links:
        study_id = str(link).split("/")[2]
        desk.page.locator(f'tr[data-study="{study_id}"]', has_text="ready").wait_for()
    assert time.monotonic() - started < 30
