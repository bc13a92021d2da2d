"""Greys on the browser's canvas within one level of the golden ones, by Cornerstone's processor path and by WebGL."""

from typing import Any

import numpy as np
import pytest

from tests import factories
from tests.browser import requires_browser
from tests.diagnostics.viewer.golden import golden_files, golden_greys
from tests.diagnostics.viewer.harness import instance_json, session_of, viewer_page

pytestmark = [*requires_browser, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
GOLDEN = golden_files()
FEW = ("mono1 sigmoid", "voi lut", "signed")
ONE_LEVEL = 1.0


def worst_differences(live_server: Any, renderer: str, names: tuple[str, ...], site: Any, user_of: Any) -> dict:
    """File and pane -> the largest difference of any pixel of any channel from what it must look like."""
    received = {name: factories.make_study(site, user_of("technologist"), data=GOLDEN[name][0]) for name in names}
    instances = {name: instance_json(outcome.instance) for name, outcome in received.items()}
    cookies, found = session_of(user_of("reader")), {}
    with viewer_page(live_server.url, cookies, renderer=renderer) as page:
        for name, instance in instances.items():
            assert page.show(instance, GOLDEN[name][1])
            wanted = golden_greys(*GOLDEN[name])
            wanted = wanted if wanted.ndim == 3 else np.repeat(wanted[..., None], 3, axis=2)
            for pane in ("original", "overlay"):
                painted = page.pixels(instance["rows"], instance["columns"], pane)
                found[f"{name}, {pane}"] = float(np.abs(painted.astype(float) - wanted).max())
    return found


def test_a_few_kinds_of_film_have_the_golden_greys_on_the_canvas(live_server, site, user_of) -> None:
    found = worst_differences(live_server, "cpu", FEW, site, user_of)
    assert {name: worst for name, worst in found.items() if worst > ONE_LEVEL} == {}


@pytest.mark.slow
@pytest.mark.parametrize("renderer", ["cpu", "webgl"])
def test_every_kind_of_film_has_the_golden_greys_on_the_canvas(live_server, renderer, site, user_of) -> None:
    found = worst_differences(live_server, renderer, tuple(GOLDEN), site, user_of)
    print(f"{renderer}: largest difference {max(found.values()):.2f} of 255 grey levels, {len(found)} canvases")
    assert {name: worst for name, worst in found.items() if worst > ONE_LEVEL} == {}
