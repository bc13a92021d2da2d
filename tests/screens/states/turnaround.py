"""Turnaround: how long studies wait and how long they are read."""

from tests.screens.state import EVERY_SIZE, Screen, state


@state(role="lead_reader")
def few(at: Screen) -> None:
    """Too few signed studies to say anything of a site without saying it of somebody."""
    _opened(at)


@state(role="lead_reader", sizes=EVERY_SIZE)
def page(at: Screen) -> None:
    """Median, nine in ten and tail, by site, class, reader and week; with and without the models."""
    if not at.world.weeks_made:
        at.world.deed("weeks", at.world.study("signed"))
        at.world.weeks_made = True
    _opened(at)


@state(role="lead_reader", whole_page=True)
def whole(at: Screen) -> None:
    """The same from head to foot."""
    _opened(at)


def _opened(at: Screen) -> None:
    at.open("/turnaround/")
    at.page.get_by_role("heading", name="Turnaround").first.wait_for()
    at.page.wait_for_load_state("networkidle")
    at.settle(600)
