"""axe-core over pages as the server writes them, before scripts. All states: tests/screens/test_accessibility.py."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders

from feedback.services import reads
from tests import factories
from tests.axe import grave_violations
from tests.browser import chromium, requires_browser

pytestmark = [*requires_browser, pytest.mark.timeout(120)]
HOST = "http://127.0.0.1:9"
KINDS = {".css": "text/css", ".svg": "image/svg+xml"}


@pytest.fixture
def signed_study(site: Any, user_of: Any, reader: Any) -> Any:
    """No model looked at it; the reader signed that there is nothing."""
    study = factories.make_study(site, user_of("technologist")).study
    reads.read_sign(reader=reader, study_id=study.id)
    return study


@pytest.mark.parametrize("theme", ["dark", pytest.param("light", marks=pytest.mark.slow)])
def test_no_page_breaks_a_serious_or_critical_rule(api: Any, signed_study: Any, theme: str) -> None:
    client, study = api("reader"), f"/studies/{signed_study.id}/"
    assert client.put("/api/preferences/", {"theme": theme}, format="json").status_code == 200
    written = {
        path: client.get(path).content.decode() for path in ("/", study, f"{study}report/", "/models/", "/none/")
    }
    client.logout()
    written["/sign-in/"] = client.get("/sign-in/").content.decode()
    found: dict[str, list[str]] = {}
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=theme)
        page.route("**/*", lambda route: _answer(route, written))
        for path in written:
            page.goto(HOST + path)
            found[path] = grave_violations(page)
    assert found == dict.fromkeys(written, [])


def _answer(route: Any, written: dict[str, str]) -> None:
    """The page, or a static file as it lies here; scripts and films are left out."""
    path = route.request.url.removeprefix(HOST)
    file = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
    kind = KINDS.get(Path(path).suffix)
    if path in written:
        route.fulfill(body=written[path], content_type="text/html; charset=utf-8")
    elif file and kind:
        route.fulfill(path=file, content_type=kind)
    else:
        route.abort()
