"""The study page: layouts, overlay, stack, keys."""

from tests.browser import eventually
from tests.screens.state import EVERY_SIZE, LAPTOP, WIDE, Screen, state


@state(sizes=EVERY_SIZE)
def pair(at: Screen) -> None:
    """Original beside overlay, the findings, and what to decide."""
    at.open_study("reading")
    at.settle(1200)


@state()
def box_only(at: Screen) -> None:
    """A box that its label's map does not support is dashed, and says so."""
    at.open_study("reading")
    at.press("Tab")
    at.settle(1500)


@state(theme="light")
def light(at: Screen) -> None:
    """The light theme: everything but the films."""
    at.open_study("reading")


def _layout(name: str, words: str) -> None:
    def reach(at: Screen) -> None:
        at.open_study("with-prior" if name in ("prior", "quad") else "reading")
        for _ in range(5):
            if at.part("viewer").get_attribute("data-layout") == name:
                break
            at.press("y")
        eventually(lambda: at.part("viewer").get_attribute("data-layout") == name)
        at.settle(900)

    reach.__name__, reach.__doc__, reach.__module__ = f"layout_{name}", words, __name__
    state(sizes=(LAPTOP, WIDE) if name == "quad" else (LAPTOP,))(reach)


_layout("single", "The overlay alone.")
_layout("quad", "Original, overlay, prior and another image.")


@state()
def prior(at: Screen) -> None:
    """Beside an earlier film of the same patient."""
    at.open_study("with-prior")
    at.press("v")
    eventually(lambda: at.part("viewer").get_attribute("data-layout") == "prior")
    at.settle(1200)


@state()
def original_only(at: Screen) -> None:
    """Everything that the models say is off."""
    at.open_study("reading")
    at.press("o")


@state()
def inverted(at: Screen) -> None:
    """Inverted, zoomed in."""
    at.open_study("reading")
    at.press("i", "+", "+")
    at.settle()


@state()
def stack(at: Screen) -> None:
    """Frames of a stack: no model is for it, and it says so."""
    at.open_study("stack")
    at.press("ArrowDown", "ArrowDown", "ArrowDown")
    at.settle(600)


@state()
def stack_playing(at: Screen) -> None:
    """The stack plays."""
    at.open_study("stack")
    at.press("k")
    at.settle(1500)
    at.press("k")


@state()
def bone(at: Screen) -> None:
    """A bone film."""
    at.open_study("bone")
    at.press("Tab")


@state()
def keys(at: Screen) -> None:
    """All keys of the study page."""
    at.open_study("reading")
    at.press("?")
    at.page.locator("dialog[open]").wait_for()


@state()
def change_keys(at: Screen) -> None:
    """Keys can be given out anew."""
    at.open_study("reading")
    at.press("?")
    at.part("keys-change").click()
    at.part("remap").wait_for(state="visible")


@state(role="lead_reader")
def deleting(at: Screen) -> None:
    """Deleting asks first."""
    at.open_study("deleted")
    at.page.get_by_role("button", name="Delete the study").click()
    at.part("delete-dialog").wait_for(state="visible")
