"""The study page while something is corrected."""

from tests.screens.state import Screen, state


@state()
def panel(at: Screen) -> None:
    """Correcting: label, side, grade, reason, comment of the chosen finding."""
    at.open_study("reading")
    at.press("Tab", "2")
    at.part("correction").wait_for(state="visible")
    at.settle()


@state()
def label_picker(at: Screen) -> None:
    """Another label: typing narrows."""
    at.open_study("reading")
    at.press("Tab", "l")
    at.settle(400)
    at.page.keyboard.type("pneu")
    at.settle(300)


@state()
def drawing(at: Screen) -> None:
    """A box that the model missed is drawn."""
    at.open_study("to-draw")
    at.press("r")
    at.part("draw-hint").wait_for(state="visible")
    at.settle()


@state()
def tooth_chart(at: Screen) -> None:
    """The chart of teeth, FDI or Universal."""
    at.open_study("tooth")
    at.press("r", "Enter")
    at.page.locator("dialog[open]").wait_for()
    at.press("Enter")
    at.part("yours").locator(".finding").first.wait_for()
    at.settle(800)
    if not at.part("correction").is_visible():
        at.press("2")
    at.part("correction").wait_for(state="visible")
    at.part("correction").locator("summary", has_text="chart").first.click()
    at.settle()
