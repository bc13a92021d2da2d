"""A page that holds nothing but the viewer: real modules, real policy, real samples; no study page around it."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.test import Client
from numpy.typing import NDArray

from imaging.rendering import COLOUR_STOPS
from tests.browser import EXECUTABLE, FLAGS

SOFTWARE_WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
STYLES = ("css/tokens.css", "css/viewer.css")

_OPEN = """async ({ styles, stops, renderer, width, height }) => {
    const sheet = (href) => ({ rel: "stylesheet", href: `/static/${href}` });
    const links = styles.map((href) => Object.assign(document.createElement("link"), sheet(href)));
    document.head.replaceChildren(...links);
    await Promise.all(links.map((link) => new Promise((done) => { link.onload = done; })));
    const room = document.createElement("div");
    room.className = "viewer";
    room.dataset.role = "viewer";
    Object.assign(room.style, { position: "fixed", left: "0", top: "0", width: `${width}px`, height: `${height}px` });
    document.body.className = "";
    document.body.replaceChildren(room);
    const { Viewer } = await import("/static/js/viewer/viewer.mjs");
    window.heard = [];
    const names = ["onChange", "onPick", "onBox", "onBoxEdited", "onFrame", "onMeasured"];
    const told = Object.fromEntries(names.map((name) => [name, (...given) => window.heard.push([name, ...given])]));
    const viewer = new Viewer({ room, colourStops: stops, renderer, ...told });
    addEventListener("keydown", (event) => viewer.key(event));
    await viewer.ready;
    return room.dataset.renderer;
}"""

_CALL = """async ({ name, given }) => {
    const viewer = document.querySelector('[data-role="viewer"]').viewer;
    const result = await viewer[name](...given);
    return result === undefined ? null : structuredClone(result);
}"""

_CANVAS = """(role) => {
    const canvas = document.querySelector(`[data-role="${role}"]`);
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let text = "";
    for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
    return { width: canvas.width, height: canvas.height, data: btoa(text) };
}"""


def session_of(user: Any) -> dict[str, str]:
    """Cookies of a signed-in user. (Call it before Playwright starts: its loop forbids Django's database.)"""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return {name: morsel.value for name, morsel in client.cookies.items()}


class ViewerPage:
    """One browser page with a viewer in it.

    Attributes:
        complaints: script errors, and violations of the content security policy.
    """

    def __init__(
        self, browser: Any, base: str, cookies: dict[str, str], *, width: int = 1000, height: int = 500
    ) -> None:
        self.base, self.width, self.height = base, width, height
        self.context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def open(self, renderer: str | None = None) -> str:
        """The renderer that was taken."""
        self.page.goto(f"{self.base}/this-page-does-not-exist/")
        size = {"width": self.width, "height": self.height}
        given = {"styles": STYLES, "stops": COLOUR_STOPS.tolist(), "renderer": renderer, **size}
        return str(self.page.evaluate(_OPEN, given))

    def call(self, name: str, *given: Any) -> Any:
        return self.page.evaluate(_CALL, {"name": name, "given": list(given)})

    def show(self, instance: dict[str, Any], frame: int = 0, **options: Any) -> Any:
        return self.call("show", {"instance": instance, "frame": frame}, options)

    def heard(self, name: str) -> list[Any]:
        """What the viewer has told through one callback since this was last asked."""
        told = list(self.page.evaluate("() => window.heard.splice(0)"))
        return [given for called, *given in told if called == name]

    def at(self, x: float, y: float, pane: str = "overlay") -> tuple[float, float]:
        """Where a point of the film is in the window."""
        place = self.call("screenOf", x, y, {"pane": pane})
        return place["x"], place["y"]

    def drag(self, start: tuple[float, float], end: tuple[float, float], *, button: str = "left") -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down(button=button)
        self.page.mouse.move(*end, steps=6)
        self.page.mouse.up(button=button)

    def touch(self, *moments: list[tuple[float, float]]) -> None:
        """Fingers: where they are at each moment; they go up at the end."""
        session = self.context.new_cdp_session(self.page)
        for index, fingers in enumerate([*moments, []]):
            kind = "touchEnd" if not fingers else "touchMove" if index else "touchStart"
            points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def canvas(self, role: str) -> NDArray[np.uint8]:
        """(height, width, 4), device pixels."""
        got = self.page.evaluate(_CANVAS, role)
        return np.frombuffer(base64.b64decode(got["data"]), np.uint8).reshape(got["height"], got["width"], 4)

    def pixels(self, rows: int, columns: int, pane: str = "original") -> NDArray[np.uint8]:
        """What is painted at the centre of every stored pixel, (rows, columns, 3); all of them must be in sight."""
        painted = self.canvas(pane)
        corner = self.call("screenOf", 0, 0, {"pane": pane})
        far = self.call("screenOf", columns, rows, {"pane": pane})
        place = self.page.locator(f'[data-role="{pane}"]').bounding_box()
        ratio = painted.shape[1] / place["width"]
        xs = corner["x"] - place["x"] + (np.arange(columns) + 0.5) * (far["x"] - corner["x"]) / columns
        ys = corner["y"] - place["y"] + (np.arange(rows) + 0.5) * (far["y"] - corner["y"]) / rows
        return painted[np.floor(ys * ratio).astype(int)][:, np.floor(xs * ratio).astype(int), :3]


def instance_json(instance: Any) -> dict[str, Any]:
    """What the study API says of an instance, as far as the viewer needs it."""
    return {
        "id": str(instance.id),
        "rows": instance.rows,
        "columns": instance.columns,
        "frames": instance.number_of_frames,
        "pixel_spacing": instance.pixel_spacing,
        "modality": instance.series.modality,
        "case_type": instance.series.study.case_type,
    }


@contextmanager
def viewer_page(base: str, cookies: dict[str, str], *, renderer: str, **size: int) -> Iterator[ViewerPage]:
    """A page in a Chromium with software WebGL ("webgl") or none ("cpu"); nobody may have complained at its end."""
    from playwright.sync_api import sync_playwright

    with_webgl = [flag for flag in FLAGS if flag != "--disable-gpu"] + SOFTWARE_WEBGL
    flags = with_webgl if renderer == "webgl" else [*FLAGS, "--disable-3d-apis"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, headless=True, args=flags)
        try:
            page = ViewerPage(browser, base, cookies, **size)
            assert page.open("webgl" if renderer == "webgl" else None) == renderer
            yield page
            assert page.complaints == [], page.complaints
        finally:
            browser.close()
