"""The worklist in a real browser: live rows that hold still, filters in the address, saved views, keys, a lost
connection, sizes, and no layout shift."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.browser import Desk, chromium, eventually, requires_browser
from tests.films import make_dicom
from tests.installation import Installation
from tests.story import installation_with_small_models

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(600)]
SIZES = [(1280, 800), (1920, 1080), (1200, 1920), (820, 1180), (420, 900)]
OFFLINE = "WebSocket connection to"
SHIFTS = """() => new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 300);
})"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation_with_small_models(tmp_path_factory.mktemp("worklist")) as running:
        for seed in (41, 42, 43):
            sent(running, seed=seed)
        yield running


@pytest.fixture(scope="module")
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


def fresh(**header: Any) -> bytes:
    names = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
    return make_dicom(**{name: f"2.25.{uuid.uuid4().int}" for name in names}, **header)


def sent(installation: Installation, **header: Any) -> str:
    """A phantom after the models looked at it."""
    client = installation.client("technologist")
    study_id = client.upload(fresh(**header), file_name="phantom.dcm").json()["study_id"]
    client.wait_until_read_by_machine(study_id)
    return str(study_id)


def row(number: int, **more: Any) -> dict[str, Any]:
    """A row as the API gives it: `number` minutes after the first."""
    received = datetime(2026, 11, 22, 6, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "id": str(uuid.UUID(int=number + 1)),
        "pseudonym": f"P-{number:06X}",
        "site_id": str(uuid.UUID(int=0)),
        "site_name": "North Clinic",
        "site_code": "north",
        "case_type": "chest",
        "received_at": received.isoformat(),
        "waiting_seconds": 600,
        "wait_limit_seconds": 14400,
        "overdue": False,
        "rank": 4,
        "why_here": "in order of arrival",
        "analysis_state": "analysed",
        "analysis_reason": "",
        "triage_class": "normal",
        "triage_reason": "",
        "said": [],
        "reads": [],
        "disagreement": [],
        "second_read": "",
        "blind": False,
        "claim": "",
        "leased_by": "",
        "leased_to_me": False,
        "leased_until": None,
        "version": 1,
        "synthetic": False,
        **more,
    }


def answer(rows: list[dict[str, Any]], following: str | None = None, **figures: Any) -> dict[str, Any]:
    lanes = dict.fromkeys(("to_read", "mine", "second_reads", "disagree", "administrative", "claims", "read_today"), 0)
    counts = {"lanes": {**lanes, "to_read": len(rows), "all": len(rows)}, "case_types": {}, "sites": {}}
    times = {"urgent": 0, "waiting": len(rows), "oldest_seconds": 600, "median_seconds": None}
    return {"sequence": 0, "next": following, "figures": {**times, **counts, **figures}, "results": rows}


def shown(desk: Desk, answers: Any) -> None:
    """The worklist over answers of our own; asked once more for what they hold."""
    desk.page.route("**/api/worklist/?**", lambda route: route.fulfill(json=answers(route.request.url)))
    desk.page.goto(desk.base + "/")
    eventually(lambda: desk.page.locator("tr[data-study]").count() > 0)


def row_at(desk: Desk, x: float, y: float) -> str | None:
    script = "([x, y]) => document.elementFromPoint(x, y)?.closest('tr')?.dataset.study ?? null"
    return desk.page.evaluate(script, [x, y])


def lane(desk: Desk, code: str) -> Any:
    return desk.part("lanes").locator(f'[data-value="{code}"]')


def test_what_the_reader_points_at_stays_where_it_is_while_rows_arrive(
    installation: Installation, desk_of: Any
) -> None:
    desk = desk_of()
    desk.wait_until_live()
    lane(desk, "all").click()
    desk.page.wait_for_url("**lane=all")
    eventually(lambda: desk.page.locator("tr[data-study]").count() >= 3)
    place = desk.page.locator("tr[data-study]").nth(1).bounding_box()
    here = (place["x"] + 300, place["y"] + 15)
    desk.page.mouse.move(*here)
    before = row_at(desk, *here)
    study_id = sent(installation, seed=51)
    desk.page.locator(f'tr[data-study="{study_id}"]').wait_for()
    desk.page.wait_for_timeout(500)
    assert before is not None and row_at(desk, *here) == before


def test_rows_that_come_in_above_are_counted_and_one_click_away(desk_of: Any) -> None:
    rows = {"known": [row(number) for number in range(10, 40)], "new": [row(1, rank=0, triage_class="urgent")]}
    desk = desk_of()
    asked: list[str] = []

    def answers(url: str) -> dict[str, Any]:
        asked.append(url)
        return answer(rows["new"] if "ids=" in url else rows["known"], urgent=1 if "ids=" in url else 0)

    shown(desk, answers)
    place = desk.page.locator("tr[data-study]").nth(3).bounding_box()
    here = (place["x"] + 300, place["y"] + 15)
    desk.page.mouse.move(*here)
    before = row_at(desk, *here)
    event = {"sequence": 10**9, "kind": "study.changed", "study_id": rows["new"][0]["id"]}
    desk.page.route("**/api/events/**", lambda route: route.fulfill(json={"events": [event], "latest": 10**9}))
    desk.context.set_offline(True)
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    desk.context.set_offline(False)
    desk.part("toast").get_by_text("Urgent: P-000001").wait_for()
    assert row_at(desk, *here) == before
    assert desk.part("above").inner_text() == "1 new above"
    desk.part("above").click()
    assert desk.page.locator("tr[data-study]").first.get_attribute("data-study") == rows["new"][0]["id"]


def test_of_a_long_list_only_what_is_in_view_is_in_the_document(desk_of: Any) -> None:
    def answers(url: str) -> dict[str, Any]:
        page = int(url.split("cursor=")[1].split("&")[0]) if "cursor=" in url else 0
        return answer([row(page * 50 + number) for number in range(50)], str(page + 1) if page < 9 else None)

    desk = desk_of()
    shown(desk, answers)
    for _ in range(20):
        desk.part("scroller").evaluate("(room) => { room.scrollTop = room.scrollHeight; }")
        desk.page.wait_for_timeout(120)
    eventually(lambda: desk.page.locator("tr[data-study]").last.get_attribute("data-study") == row(499)["id"])
    assert desk.page.locator("tr[data-study]").count() < 60
    desk.press("Home")
    eventually(lambda: desk.page.locator("tr[data-study]").first.get_attribute("data-study") == row(0)["id"])


def test_filters_stand_in_the_address_and_come_back_with_it(desk_of: Any) -> None:
    desk = desk_of()
    desk.wait_until_live()
    desk.press("f")
    desk.page.get_by_label("Type of film").select_option("chest")
    desk.page.get_by_label("Claim", exact=True).select_option("without")
    desk.press("Escape")
    desk.page.wait_for_url("**/?case_type=chest&claim=without")
    desk.page.reload()
    chips = desk.part("filter-chips")
    chips.get_by_text("without a claim").wait_for()
    eventually(lambda: desk.page.locator("tr[data-study]").count() >= 3)
    chips.get_by_role("button", name="Remove the filter: without a claim").click()
    desk.page.wait_for_url("**/?case_type=chest")
    desk.page.go_back()
    desk.page.wait_for_url("**/?case_type=chest&claim=without")
    chips.get_by_text("without a claim").wait_for()


def test_a_view_is_saved_opened_and_deleted(desk_of: Any) -> None:
    desk = desk_of()
    desk.page.goto(desk.base + "/?lane=administrative&case_type=chest")
    desk.part("view-save").click()
    desk.page.get_by_label("Name", exact=True).fill("Chest to look after")
    desk.press("Enter")
    desk.part("views").get_by_text("Chest to look after").wait_for()
    lane(desk, "all").click()
    desk.page.reload()
    desk.part("views").get_by_text("Chest to look after").click()
    desk.page.wait_for_url("**/?lane=administrative&case_type=chest")
    desk.page.get_by_role("button", name="Delete the view Chest to look after").click()
    eventually(lambda: desk.part("views").locator("li").count() == 0)


def test_the_list_is_walked_and_opened_by_keys_alone(desk_of: Any) -> None:
    desk = desk_of()
    eventually(lambda: desk.page.locator("tr[data-study]").count() >= 3)
    desk.press("ArrowDown", "ArrowDown")
    chosen = desk.page.locator('tr[aria-selected="true"]')
    assert chosen.count() == 1
    wanted = chosen.get_attribute("data-study")
    assert desk.page.evaluate("document.activeElement.closest('tr').dataset.study") == wanted
    desk.press("Enter")
    desk.page.wait_for_url(f"**/studies/{wanted}/")


def test_start_reading_takes_the_first_study_in_hand(installation: Installation, desk_of: Any) -> None:
    desk = desk_of()
    desk.wait_until_live()
    eventually(lambda: desk.page.locator("tr[data-study]").count() >= 3)
    desk.press("Enter")
    desk.page.wait_for_url("**/studies/**")
    opened = desk.page.url.rstrip("/").rsplit("/", 1)[1]
    rows = installation.client("lead_reader").get("/api/worklist/").json()["results"]
    assert opened in {one["id"] for one in rows if one["leased_by"]}


def test_search_speaks_of_nothing_found_and_comes_back_by_escape(desk_of: Any) -> None:
    desk = desk_of()
    eventually(lambda: desk.page.locator("tr[data-study]").count() >= 3)
    desk.page.get_by_label("Search by").select_option("accession_number")
    desk.page.keyboard.type("NOT-THERE-1")
    desk.press("Enter")
    desk.part("empty").get_by_text("No study with this accession number").wait_for()
    assert "NOT-THERE" not in desk.page.url
    desk.press("Escape")
    eventually(lambda: desk.page.locator("tr[data-study]").count() >= 3)


def test_a_lost_connection_is_said_and_what_was_missed_is_fetched(installation: Installation, desk_of: Any) -> None:
    desk = desk_of()
    desk.wait_until_live()
    desk.context.set_offline(True)
    banner = desk.part("connection")
    banner.wait_for(state="visible", timeout=40_000)
    assert "No connection since" in banner.inner_text() and "Trying again by itself" in banner.inner_text()
    study_id = sent(installation, seed=52)
    desk.context.set_offline(False)
    desk.page.locator(f'tr[data-study="{study_id}"]').wait_for(timeout=40_000)
    banner.wait_for(state="hidden")


def test_a_list_that_cannot_be_fetched_says_how_to_go_on(desk_of: Any) -> None:
    desk = desk_of()
    desk.page.route("**/api/worklist/?**", lambda route: route.fulfill(status=503, json={"message": "Busy."}))
    desk.page.goto(desk.base + "/")
    desk.part("fault").wait_for()
    assert "Busy." in desk.part("fault").inner_text()
    desk.page.unroute("**/api/worklist/?**")
    desk.page.get_by_role("button", name="Try again").click()
    eventually(lambda: desk.page.locator("tr[data-study]").count() >= 3)
    assert not desk.part("fault").is_visible()


def test_blind_rows_say_that_the_machine_is_withheld(desk_of: Any) -> None:
    desk = desk_of()
    shown(desk, lambda url: answer([row(1, blind=True, triage_class="")]))
    words = desk.page.locator("tr[data-study]").inner_text()
    assert "withheld until you commit" in words and "normal" not in words.lower()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_size_scrolls_sideways_and_nothing_shifts(desk_of: Any, width: int, height: int) -> None:
    desk = desk_of(width=width, height=height)
    desk.page.goto(desk.base + "/")
    desk.wait_until_live()
    eventually(lambda: desk.page.locator("tr[data-study]").count() > 0)
    extent = desk.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert extent == [width, height]
    assert desk.page.evaluate(SHIFTS) < 0.01
    for path in ("/models/", "/password/", "/nowhere/"):
        desk.page.goto(desk.base + path)
        assert desk.page.evaluate("document.documentElement.scrollWidth") == width, path


def test_the_theme_is_chosen_in_the_bar_and_there_on_the_next_page(desk_of: Any) -> None:
    desk = desk_of("technologist")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = desk.page.evaluate(ground)
    desk.part("account").locator("summary").click()
    with desk.page.expect_response("**/api/preferences/"):
        desk.page.get_by_role("button", name="Light").click()
    light = desk.page.evaluate(ground)
    desk.page.reload()
    assert light != dark and desk.page.evaluate(ground) == light


def test_the_answer_to_an_older_question_never_stands_last(desk_of: Any) -> None:
    """A row asked for while the study was in the queue, answered late; meanwhile the study was analysed."""
    study_id, now, held, sockets = row(1)["id"], {"row": row(1, analysis_state="waiting", triage_class="")}, [], []

    def answers(route: Any) -> None:
        told = answer([now["row"]] if study_id in route.request.url else [row(0)])
        if study_id in route.request.url and not held:
            held.append(lambda: route.fulfill(json=told))
        else:
            route.fulfill(json=told)

    def happens_again(sequence: int) -> None:
        sockets[-1].send(json.dumps({"sequence": sequence, "kind": "study.changed", "study_id": study_id}))

    desk = desk_of()
    desk.page.route_web_socket("**/ws/worklist/", lambda socket: sockets.append(socket))
    desk.page.route("**/api/worklist/?**", answers)
    desk.page.goto(desk.base + "/")
    eventually(lambda: desk.page.locator("tr[data-study]").count() > 0)
    desk.wait_until_live()
    happens_again(10**9)
    eventually(lambda: bool(desk.page.wait_for_timeout(20) or held))
    now["row"] = row(1, analysis_state="analysed", triage_class="urgent", rank=0)
    happens_again(10**9 + 1)
    desk.page.wait_for_timeout(700)
    held[0]()
    line = desk.page.locator(f'tr[data-study="{study_id}"]')
    line.filter(has_text="ready").wait_for()
    desk.page.wait_for_timeout(300)
    assert "ready" in line.inner_text()
