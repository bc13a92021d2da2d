"""Insurance claims."""

from tests.screens.state import EVERY_SIZE, Screen, state


@state(role="claims_examiner", sizes=EVERY_SIZE)
def overview(at: Screen) -> None:
    """All claims, and what of them came before."""
    at.open("/claims/")
    at.page.locator("main table tbody tr").first.wait_for()
    at.settle(600)


@state(role="claims_examiner", whole_page=True)
def one_claim(at: Screen) -> None:
    """A claim with its images and findings."""
    at.open("/claims/")
    at.page.locator("main table tbody tr a").first.click()
    at.page.wait_for_url("**/claims/*-*/")
    at.page.wait_for_load_state("networkidle")
    at.settle(2500)
