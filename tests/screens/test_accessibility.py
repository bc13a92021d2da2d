"""Every page and state that `make screens` shows, by axe-core; every control by keyboard; every page light."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.axe import grave_violations
from tests.browser import chromium, requires_browser
from tests.screens import states
from tests.screens.state import LAPTOP, STATES, Screen, Size, State
from tests.screens.world import World, data_folder

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(1200)]
assert states
AT_REST_MILLISECONDS = 8000
LIGHTEST_BYTES = 300_000
"""Of a page before the viewer's bundle and the films themselves."""
NOT_COUNTED = ("/static/vendor/cornerstone/", "/api/instances/", "/heatmap/")
PAGES: dict[str, tuple[str | None, str]] = {
    "sign in": (None, "/sign-in/"),
    "worklist": ("reader", "/"),
    "study": ("reader", "/studies/{reading}/"),
    "report": ("reader", "/studies/{signed}/report/"),
    "models": ("reader", "/models/"),
    "turnaround": ("lead_reader", "/turnaround/"),
    "claims": ("claims_examiner", "/claims/"),
    "not here": ("reader", "/nothing/"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def world(browser: Any) -> Iterator[World]:
    with data_folder() as data, World.started(data, real=False) as running:
        yield running


@pytest.fixture
def page_of(browser: Any, world: World) -> Iterator[Any]:
    """page_of(role): a fresh page of somebody, at the laptop's size unless another is given."""
    contexts: list[Any] = []

    def make(role: str | None, *, theme: str = "dark", size: Size = LAPTOP) -> Any:
        viewport = {"width": size[0], "height": size[1]}
        signed_in = world.signed_in(browser, role, theme)
        contexts.append(browser.new_context(viewport=viewport, storage_state=signed_in, color_scheme=theme))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    "one", sorted(STATES, key=lambda state: not state.before_seeding), ids=lambda state: state.name
)
def test_no_page_or_state_breaks_a_serious_or_critical_rule(one: State, world: World, page_of: Any) -> None:
    if one.before_seeding and world.seeded:
        pytest.skip("a kept world is not empty any more")
    if not one.before_seeding:
        world.seed()
    page = page_of(one.role, theme=one.theme)
    one.reach(Screen(page, world))
    assert grave_violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_weighs_less_than_300_kb_before_viewer_and_films(name: str, world: World, page_of: Any) -> None:
    role, path = PAGES[name]
    world.seed()
    page = page_of(role)
    weighed = transferred(page, world.base + path.format(**world.studies))
    counted = {url: size for url, size in weighed.items() if not any(part in url for part in NOT_COUNTED)}
    print(
        f"{name}: {sum(counted.values()) / 1000:.0f} kB in {len(counted)} answers; with viewer and films "
        f"{sum(weighed.values()) / 1000:.0f} kB"
    )
    heaviest = sorted(counted.items(), key=lambda item: -item[1])[:5]
    assert sum(counted.values()) < LIGHTEST_BYTES, heaviest


def transferred(page: Any, address: str) -> dict[str, int]:
    """Address -> bytes on the wire, headers included, until the page is at rest; nothing comes from a cache."""
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.on("Network.requestWillBeSent", lambda told: addresses.update({told["requestId"]: told["request"]["url"]}))
    session.on(
        "Network.loadingFinished",
        lambda told: sizes.update({addresses[told["requestId"]]: int(told["encodedDataLength"])}),
    )
    page.goto(address)
    page.wait_for_timeout(AT_REST_MILLISECONDS)
    return sizes


_FOCUSABLE = """(left_out) => {
    const kinds = ["a[href]", "button:not([disabled])", "input:not([disabled], [type=hidden])", "select", "summary"];
    const seen = [...document.querySelectorAll(kinds.join(", "))].filter((one) =>
        one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert]") && one.tabIndex >= 0 &&
        !(left_out && one.matches(left_out)));
    seen.forEach((one, at) => { one.dataset.seat = at; });
    const words = (one) => one.getAttribute("aria-label") ?? one.textContent.trim().slice(0, 40);
    return seen.map((one) => `${one.localName} ${words(one)}`);
}"""
_FOCUSED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const ring = getComputedStyle(one);
    const inParts = one.type === "date"; // the browser shows which part of a date has the focus
    const seen = inParts || (ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2);
    return { seat: one.dataset.seat ?? null, ring: seen };
}"""


@pytest.mark.parametrize("name", [name for name in PAGES if name != "study"])
def test_every_control_is_reached_by_tab_and_shows_where_the_focus_is(name: str, world: World, page_of: Any) -> None:
    role, path = PAGES[name]
    world.seed()
    page = page_of(role)
    page.goto(world.base + path.format(**world.studies))
    page.wait_for_load_state("networkidle")
    _tabbed_through(page)


def test_every_control_of_the_study_page_is_reached_from_its_door(world: World, page_of: Any) -> None:
    """Tab walks through findings there; C opens the way to what is decided, to the tools, to the top of the page."""
    world.seed()
    page = page_of("reader")
    Screen(page, world).open_study("reading")
    page.wait_for_timeout(2000)
    walks = [("c", "Tab"), ("c", "Shift+Tab"), ("cc", "Tab"), ("ccc", "Tab")]
    _tabbed_through(page, walks, chosen_by_tab=".finding")


def _tabbed_through(page: Any, walks: Sequence[tuple[str, str]] = (("", "Tab"),), *, chosen_by_tab: str = "") -> None:
    """Every control is in one of the walks, and shows that it has the focus.

    Args:
        walks: keys that lead to a start, and the key that goes on from there.
        chosen_by_tab: what Tab chooses without focusing it, by CSS selector.
    """
    seats = page.evaluate(_FOCUSABLE, chosen_by_tab)
    reached: set[int] = set()
    unseen: set[str] = set()
    for keys, step in walks:
        page.evaluate("() => document.activeElement?.blur()")
        for key in keys:
            page.keyboard.press(key)
        for _ in range(len(seats) + 10):
            at = page.evaluate(_FOCUSED)
            if at and at["seat"] is not None:
                reached.add(int(at["seat"]))
                unseen |= set() if at["ring"] else {seats[int(at["seat"])]}
            page.keyboard.press(step)
    assert [seats[at] for at in range(len(seats)) if at not in reached] == []
    assert unseen == set()
