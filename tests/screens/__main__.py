"""Start a portal, fill it, bring Chromium to every state, keep the pictures: `python -m tests.screens [NAME..]`"""

import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browser import EXECUTABLE, chromium
from tests.paths import REPOSITORY, SHARED_DATA
from tests.screens import states
from tests.screens.index import index_write
from tests.screens.pictures import BUDGET_BYTES, REAL, SYNTHETIC, picture_write
from tests.screens.state import STATES, Screen, Size, State, complaint_is_harmless
from tests.screens.world import World, data_folder

PATIENCE_MILLISECONDS = 45_000
LONGEST_PIXELS = 3000


def main(wanted: Sequence[str]) -> int:
    real = os.environ.get("REAL") == "1"
    if EXECUTABLE is None:
        sys.exit("make screens needs Chromium: make browser")
    if real and SHARED_DATA is None:
        sys.exit("REAL=1 needs the real films beside the repository: ../shared/data")
    chosen = [one for one in STATES if not wanted or one.name.startswith(tuple(wanted))]
    if not chosen:
        sys.exit(f"no state begins like that; there are: {', '.join(one.name for one in STATES)}")
    folder = REPOSITORY / ("var/screens" if real else "docs/screens")
    folder.mkdir(parents=True, exist_ok=True)
    with data_folder() as data, World.started(data, real=real) as world:
        faults = _shown(world, chosen, folder, REAL if real else SYNTHETIC)
    if not wanted:
        _others_removed(folder)
        index_write(folder, STATES)
    return _told(folder, faults)


def _shown(world: World, chosen: Sequence[State], folder: Path, films: str) -> list[str]:
    """Every picture of the chosen states; what went wrong, in sentences."""
    faults: list[str] = []
    with chromium() as browser:
        for early in (True, False):
            if not early:
                world.seed()
            elif world.seeded:
                continue
            for one in (state for state in chosen if state.before_seeding == early):
                for size in one.sizes:
                    faults += _shot(browser, world, one, size, folder / one.file_name(size), films)
    return faults


def _shot(browser: Any, world: World, one: State, size: Size, path: Path, films: str) -> list[str]:
    begun = time.perf_counter()
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        storage_state=world.signed_in(browser, one.role, one.theme),
        reduced_motion="reduce",
        color_scheme=one.theme,
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    try:
        one.reach(Screen(page, world))
        page.wait_for_timeout(250)
        if one.whole_page:
            _heightened(page, size)
        weight = picture_write(path, page.screenshot(), films=films)
    except Exception as error:  # noqa: BLE001 - a state that cannot be reached fails the command, after all others
        page.screenshot(path=world.data / f"{path.stem}-fault.png")
        traceback.print_exc(limit=-4)
        return [f"{path.stem}: not reached: {str(error).splitlines()[0] if str(error) else type(error).__name__}"]
    finally:
        context.close()
    print(f"{path.name:60}{weight / 1000:7.0f} kB{time.perf_counter() - begun:7.1f} s", flush=True)
    heard = [text for text in complaints if "Failed to load resource" not in text]
    return [f"{path.stem}: the page complains: {text}" for text in heard if not complaint_is_harmless(one, text)]


def _heightened(page: Any, size: Size) -> None:
    """As high as the page is long: its middle part scrolls, not the document."""
    more = page.evaluate("() => { const m = document.querySelector('main'); return m.scrollHeight - m.clientHeight; }")
    page.set_viewport_size({"width": size[0], "height": size[1] + min(int(more), LONGEST_PIXELS)})
    page.wait_for_timeout(400)


def _others_removed(folder: Path) -> None:
    """Pictures of states that are no more."""
    kept = {one.file_name(size) for one in STATES for size in one.sizes}
    for path in folder.glob("*.png"):
        if path.name not in kept:
            path.unlink()


def _told(folder: Path, faults: Sequence[str]) -> int:
    total = sum(path.stat().st_size for path in folder.glob("*.png"))
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}, {total / 1e6:.1f} MB")
    if folder.parent.name == "docs" and total > BUDGET_BYTES:
        faults = [*faults, f"the pictures weigh {total / 1e6:.1f} MB, more than {BUDGET_BYTES / 1e6:.0f}"]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    assert states
    sys.exit(main(sys.argv[1:]))
