"""The administration, as those see it who work there."""

from tests.screens.state import LAPTOP, TABLET, Screen, state


@state(role="compliance_officer", sizes=(LAPTOP, TABLET))
def audit_trail(at: Screen) -> None:
    """Who did what to what, when."""
    at.open("/admin/accounts/auditevent/")
    at.page.locator("#result_list").wait_for()


@state(role="compliance_officer")
def audit_event(at: Screen) -> None:
    """One event, found by the reference that a report carries."""
    assert at.world.client("reader").get(f"/studies/{at.world.study('signed')}/report/").status == 200
    at.open("/admin/accounts/auditevent/?action=report.viewed")
    at.page.locator("#result_list tbody th a").first.click()
    at.page.locator("fieldset").first.wait_for()


@state(role="site_admin")
def home(at: Screen) -> None:
    """The first page of the administration."""
    at.open("/admin/")
    at.page.locator("#content").wait_for()


@state(role="site_admin")
def users(at: Screen) -> None:
    """Users and their roles."""
    at.open("/admin/accounts/user/")
    at.page.locator("#result_list").wait_for()


@state(role="site_admin")
def reading_policy(at: Screen) -> None:
    """How a site reads: blind first, second reads, waiting limits."""
    at.open("/admin/feedback/readingpolicy/")
    at.page.locator("#result_list tbody th a").first.click()
    at.page.locator("fieldset").first.wait_for()


@state(role="model_manager")
def routes(at: Screen) -> None:
    """Which versions look at which case type."""
    at.open("/admin/registry/route/")
    at.page.locator("#result_list").wait_for()


@state(role="reader")
def api_docs(at: Screen) -> None:
    """The API's own page."""
    at.open("/api/docs/")
    at.page.locator(".opblock").first.wait_for()
    at.settle()
