"""The worklist's page in a real browser: filters in the address, saved views, keys, search, the theme, sizes without a
layout shift."""

from typing import Any

import pytest

from tests.browser import eventually, requires_browser
from tests.diagnostics.worklist.answers import lane
from tests.installation import Installation

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(600)]
SIZES = [(1280, 800), (1920, 1080), (1200, 1920), (820, 1180), (420, 900)]
SHIFTS = """() => new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 300);
})"""


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
