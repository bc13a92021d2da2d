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
        """Policy violations and script errors; a refused request is no fault of the page."""
        if message.type == "error" and "Failed to load resource" not in message.text:
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

    def pixels_differ(self) -> float:
        """The share of pixels in which the overlay differs from the original."""
        return self.page.evaluate(
            """() => {
                const data = ["original", "overlay"].map((role) => {
                    const canvas = document.querySelector(`[data-role="${role}"]`);
                    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                });
                let differ = 0;
                for (let at = 0; at < data[0].length; at += 4) {
                    if (data[0][at] !== data[1][at] || data[0][at + 2] !== data[1][at + 2]) differ += 1;
                }
                return differ / (data[0].length / 4);
            }"""
        )
