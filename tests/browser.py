"""A real Chromium for the tests that look at the portal as a reader does."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EXECUTABLE = next((found for name in NAMES if (found := shutil.which(name))), None)

requires_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="needs Chromium: apt-get install chromium"),
]


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser; what it does stays on loopback."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Waits until something holds. (Playwright's own wait evaluates strings, which our pages forbid.)"""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


class Desk:
    """One person at one screen: a page, and everything that went wrong on it."""

    def __init__(self, browser: Any, base: str, *, width: int = 1366, height: int = 768) -> None:
        self.base = base
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        """Policy violations and script errors; a refused request, or no connection, is no fault of the page."""
        lost = ("Failed to load resource", "WebSocket connection to", "net::ERR_INTERNET_DISCONNECTED")
        if message.type == "error" and not any(words in message.text for words in lost):
            self.complaints.append(message.text)

    def sign_in(self, name: str, password: str) -> None:
        self.page.goto(f"{self.base}/sign-in/")
        self.page.get_by_label("User name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)

    def wait_until_live(self) -> None:
        eventually(lambda: self.part("live").inner_text() == "live")

    def part(self, role: str) -> Any:
        return self.page.locator(f'[data-role="{role}"]')

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def drop_files(self, *files: tuple[str, bytes]) -> None:
        """Files dropped on the page from the desktop, as the browser hands them over."""
        given = [{"name": name, "bytes": list(data)} for name, data in files]
        self.page.evaluate(
            """(files) => {
                const carried = new DataTransfer();
                for (const { name, bytes } of files) carried.items.add(new File([new Uint8Array(bytes)], name));
                dispatchEvent(new DragEvent("dragenter", { dataTransfer: carried, bubbles: true }));
                dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
            }""",
            given,
        )

    def wait_until_shown(self, study_id: str | None = None) -> None:
        """The study page has its study, and the film stands on the screen."""
        desk = self.page.locator('[data-role="study"]')

        def shown() -> bool:
            stands = desk.get_attribute("data-shown")
            return bool(stands) and study_id in {None, stands}

        eventually(shown)
        self.settled()

    def settled(self) -> None:
        """Nothing of the viewer waits to be painted."""
        self.page.evaluate("() => document.querySelector('[data-role=viewer]').viewer.settled()")

    def viewer(self, call: str) -> Any:
        """What the viewer answers, e.g. viewer("state('study').zoom")."""
        return self.page.evaluate(f"() => document.querySelector('[data-role=viewer]').viewer.{call}")

    def screen_of(self, x: float, y: float, pane: str = "overlay") -> tuple[float, float]:
        """Where a point of the stored frame lies in the window."""
        place = self.viewer(f"screenOf({x}, {y}, {{pane: '{pane}'}})")
        return place["x"], place["y"]

    def drag(self, start: tuple[float, float], end: tuple[float, float], *, button: str = "left") -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down(button=button)
        self.page.mouse.move(*end, steps=5)
        self.page.mouse.up(button=button)

    def timings(self, name: str) -> list[float]:
        """Milliseconds, as the page measured them: "key-to-next-image", "first-paint"."""
        return self.page.evaluate(f"() => window.deskTimings['{name}']")

    def marks_painted(self, pane: str = "overlay") -> bool:
        """Whether anything lies over the film of a pane."""
        self.settled()
        return self.page.evaluate(
            """(role) => {
                const canvas = document.querySelector(`[data-role="${role}-marks"]`);
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                return data.some((value) => value > 0);
            }""",
            pane,
        )

    def pixels_differ(self) -> float:
        """The share of pixels in which the overlay, film and marks, differs from the original."""
        self.settled()
        return self.page.evaluate(
            """() => {
                const pixels = (role) => {
                    const canvas = document.querySelector(`[data-role="${role}"]`);
                    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                };
                const differ = (one, other) => {
                    if (one.width !== other.width || one.height !== other.height) return one.data.length / 4;
                    let count = 0;
                    for (let at = 0; at < one.data.length; at += 4) {
                        if ([0, 1, 2, 3].some((part) => one.data[at + part] !== other.data[at + part])) count += 1;
                    }
                    return count;
                };
                const film = pixels("original");
                const films = differ(film, pixels("overlay"));
                const marks = differ(pixels("original-marks"), pixels("overlay-marks"));
                return Math.min(1, (films + marks) / (film.data.length / 4));
            }"""
        )
