"""The study page where readers meet: blind first, second opinions, merging."""

from tests.screens.state import Screen, state


@state()
def blind_first(at: Screen) -> None:
    """A site that reads blind first: nothing of the models' before the reader committed."""
    at.open_study("blind")
    at.part("blind").wait_for(state="visible")


@state()
def blind_committed(at: Screen) -> None:
    """After the reader committed: what the models say, beside the blind read."""
    client = at.world.client("reader")
    answer = client.post(f"/api/studies/{at.world.study('blind-committed')}/commit/", {"impression": "normal"})
    assert answer.status in (201, 409), answer.body
    at.open_study("blind-committed")
    at.press("Tab")


@state()
def second_opinion(at: Screen) -> None:
    """Asking for another reader."""
    at.open_study("third")
    at.press("3")
    at.part("second-opinion").wait_for(state="visible")


@state()
def second_reader(at: Screen) -> None:
    """A second reader, blind to the first."""
    at.open_study("second")


@state()
def merge(at: Screen) -> None:
    """Two readers at once: both reads, item by item, and nothing is lost."""
    at.open_study("merge")
    study = at.world.study("merge")
    answer = at.world.client("lead_reader").post(f"/api/studies/{study}/confirm/", {"second_read": True})
    assert answer.status == 200, answer.body
    at.press("Tab", "x")
    at.page.locator("dialog[open]").wait_for()
    at.settle()


@state()
def signed(at: Screen) -> None:
    """A study that this reader has signed: what was confirmed, corrected, rejected, added."""
    at.open_study("signed")
