"""The report of a read."""

from tests.browser import eventually
from tests.screens.state import EVERY_SIZE, LAPTOP, Screen, state


@state(sizes=EVERY_SIZE)
def signed(at: Screen) -> None:
    """The report of a signed read."""
    _opened(at, "signed")


@state(whole_page=True)
def signed_whole(at: Screen) -> None:
    """The same from head to foot."""
    _opened(at, "signed")


@state()
def draft(at: Screen) -> None:
    """The report of a read that is not signed yet says so."""
    study = at.world.study("to-correct")
    finding = at.world.client("reader").get(f"/api/studies/{study}/findings/").json()[0]
    answer = at.world.client("reader").post(f"/api/findings/{finding['id']}/reviews/", {"verdict": "rejected"})
    assert answer.status in (201, 409), answer.body
    _opened(at, "to-correct")
    at.page.get_by_text("DRAFT", exact=True).wait_for()


@state(sizes=(LAPTOP,))
def not_yet_read(at: Screen) -> None:
    """A study that nobody has read has no report."""
    at.open(f"/studies/{at.world.study('waiting-1')}/report/")
    at.page.get_by_text("There is no read of this study").wait_for()


def _opened(at: Screen, name: str) -> None:
    at.open(f"/studies/{at.world.study(name)}/report/")
    at.part("report").wait_for()
    eventually(
        lambda: at.page.evaluate("performance.getEntriesByType('resource').some((e) => e.name.includes('/frames/'))")
    )
    at.page.wait_for_load_state("networkidle")
