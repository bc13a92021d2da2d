"""Rows of the worklist in a browser: live ones that hold still, long lists, what is withheld, a lost connection."""

import json
from typing import Any

import pytest

from tests.browser import eventually, requires_browser
from tests.diagnostics.worklist.answers import answer, lane, row, row_at, sent, shown
from tests.installation import Installation

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(600)]


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
