"""What a state is: a name, who sees it, at which sizes; and the screen on which a function reaches it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.browser import eventually
from tests.screens.world import World

Size = tuple[int, int]
LAPTOP, WIDE, UPRIGHT, TABLET = (1280, 800), (1920, 1080), (1200, 1920), (820, 1180)
EVERY_SIZE = (LAPTOP, WIDE, UPRIGHT, TABLET)
SETTLE_MILLISECONDS = 350


@dataclass
class Screen:
    """A page before somebody, and the world that it shows."""

    page: Any
    world: World

    def open(self, path: str) -> None:
        self.page.goto(self.world.base + path)

    def open_study(self, name: str) -> None:
        """The study page with its pixels painted."""
        self.open(f"/studies/{self.world.study(name)}/")
        eventually(lambda: self.part("study").get_attribute("data-shown") == self.world.study(name), seconds=60)
        self.settle()

    def part(self, role: str) -> Any:
        return self.page.locator(f'[data-role="{role}"]')

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(80)

    def settle(self, milliseconds: int = SETTLE_MILLISECONDS) -> None:
        self.page.wait_for_timeout(milliseconds)

    def worklist(self, query: str = "") -> None:
        """The worklist with rows in it, live."""
        self.open(f"/{query}")
        eventually(lambda: self.page.locator('[data-role="rows"] tr[data-study]').count() > 0, seconds=60)
        self.live()
        self.settle()

    def live(self) -> None:
        """The page is told of what happens."""
        eventually(lambda: self.part("live").inner_text() == "live", seconds=60)


Reach = Callable[[Screen], None]


@dataclass(frozen=True)
class State:
    """reach brings a fresh page to the state; words say what it is (the function's docstring)."""

    name: str
    words: str
    reach: Reach
    role: str | None
    sizes: tuple[Size, ...]
    theme: str
    before_seeding: bool
    whole_page: bool
    harmless: tuple[str, ...]

    def file_name(self, size: Size) -> str:
        """The laptop's picture has the plain name; where there is one size only, that size's picture has it."""
        plain = size == self.sizes[0]
        return f"{self.name}.png" if plain else f"{self.name}-{size[0]}x{size[1]}.png"


STATES: list[State] = []


def state(
    role: str | None = "reader",
    *,
    sizes: tuple[Size, ...] = (LAPTOP,),
    theme: str = "dark",
    before_seeding: bool = False,
    whole_page: bool = False,
    harmless: tuple[str, ...] = (),
) -> Callable[[Reach], Reach]:
    """Declare a state; its name is that of its module and function.

    Args:
        role: whose page it is; None: nobody is signed in.
        whole_page: the picture is as long as the page, not as the screen.
        harmless: what the console may say here, as regular expressions: the state itself causes it.
    """

    def known(reach: Reach) -> Reach:
        page = reach.__module__.rpartition(".")[2]
        name = f"{page}-{reach.__name__}".replace("_", "-")
        assert name not in {one.name for one in STATES}, f"two states are called {name}"
        words = " ".join((reach.__doc__ or "").split())
        assert words, f"{name} does not say what it shows"
        STATES.append(State(name, words, reach, role, sizes, theme, before_seeding, whole_page, harmless))
        return reach

    return known


def complaint_is_harmless(state_: State, complaint: str) -> bool:
    return any(re.search(pattern, complaint) for pattern in state_.harmless)
