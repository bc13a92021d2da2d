"""Before the portal opens, and where it says no."""

from tests.screens.state import EVERY_SIZE, LAPTOP, TABLET, Screen, state


@state(role=None, sizes=EVERY_SIZE)
def sign_in(at: Screen) -> None:
    """The sign-in page."""
    at.open("/sign-in/")
    at.page.get_by_label("User name").wait_for()


@state(role=None)
def sign_in_refused(at: Screen) -> None:
    """A password that was wrong."""
    at.open("/sign-in/")
    at.page.get_by_label("User name").fill("reader")
    at.page.get_by_label("Password").fill("not the password")
    at.press("Enter")
    at.page.get_by_role("alert").first.wait_for()


@state(role=None, theme="light")
def sign_in_light(at: Screen) -> None:
    """The sign-in page where the machine asks for light."""
    at.open("/sign-in/")
    at.page.get_by_label("User name").wait_for()


@state(role=None)
def session_ended(at: Screen) -> None:
    """Where a session that ended leads."""
    at.open("/sign-in/?next=/&ended=1")
    at.page.get_by_label("User name").wait_for()


@state(sizes=(LAPTOP, TABLET))
def error_404(at: Screen) -> None:
    """A study that is not there, or not theirs to see: the two look alike."""
    at.open("/studies/00000000-0000-4000-8000-000000000000/")
    at.page.get_by_text("404").first.wait_for()


@state(role="technologist")
def error_403(at: Screen) -> None:
    """A page that the role does not open."""
    at.open("/models/")
    at.page.get_by_text("403").first.wait_for()


@state()
def error_500(at: Screen) -> None:
    """Something went wrong in the portal itself. (The page as it would be answered, rendered apart.)"""
    path = at.world.data / "error-500.html"
    at.world.deed("page", "500", str(path))
    at.page.route("**/broken/", lambda route: route.fulfill(status=500, content_type="text/html", path=path))
    at.open("/broken/")
    at.page.get_by_text("500").first.wait_for()
