"""The page of the models."""

from tests.screens.state import EVERY_SIZE, Screen, state


@state(sizes=EVERY_SIZE)
def page(at: Screen) -> None:
    """What looks at which images, and what it was measured to do."""
    at.open("/models/")
    at.page.get_by_role("heading", name="Models", exact=True).wait_for()


@state(theme="light")
def light(at: Screen) -> None:
    """The models in the light theme."""
    at.open("/models/")
    at.page.get_by_role("heading", name="Models", exact=True).wait_for()


@state(whole_page=True)
def figures(at: Screen) -> None:
    """All figures of a version, opened."""
    at.open("/models/")
    at.page.locator("summary", has_text="figures").first.click()
    at.page.locator("details[open]").first.scroll_into_view_if_needed()
