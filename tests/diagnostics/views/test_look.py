"""What every page shares: a theme from the server, places by permission, one set of lanes, errors that go on."""

import re
from typing import Any

import pytest

from accounts.services.preferences import preferences_change
from diagnostics.views.worklist import LANES
from feedback.services.worklist_views import view_save
from feedback.worklist_filter import LANES as LANES_OF_THE_API
from imaging.pipeline.values import CASE_TYPES

pytestmark = pytest.mark.django_db


def theme_of(answer: Any) -> str:
    found = re.search(r'<html[^>]* data-theme="([a-z]*)"', answer.content.decode())
    assert found
    return found[1]


def places_of(answer: Any) -> list[str]:
    places = re.search(r'<nav class="places".*?</nav>', answer.content.decode(), flags=re.DOTALL)
    return re.findall(r">([A-Z][A-Za-z]+)</a>", places[0]) if places else []


def test_pages_are_dark_until_somebody_chooses(api: Any) -> None:
    assert theme_of(api("reader").get("/")) == "dark"


def test_the_chosen_theme_is_in_the_first_byte_of_every_page(api: Any, user_of: Any) -> None:
    preferences_change(user=user_of("reader"), theme="light")
    client = api("reader")
    for path in ("/", "/models/", "/password/", "/nowhere/", "/api/docs/"):
        assert theme_of(client.get(path, headers={"Accept": "text/html"})) == "light", path


def test_before_sign_in_the_machine_says_which_theme(api: Any) -> None:
    assert theme_of(api("anonymous").get("/sign-in/")) == "auto"


def test_the_administration_follows_the_theme(api: Any, user_of: Any) -> None:
    preferences_change(user=user_of("compliance_officer"), theme="light")
    assert b"theme-light" in api("compliance_officer").get("/admin/").content


@pytest.mark.parametrize(
    ("who", "places"),
    [
        ("reader", ["Worklist", "Turnaround", "Models"]),
        ("technologist", ["Worklist"]),
        ("claims_examiner", ["Worklist", "Claims"]),
        ("compliance_officer", ["Models", "Administration"]),
    ],
)
def test_places_are_shown_by_permission(api: Any, who: str, places: list[str]) -> None:
    path = "/admin/" if who == "compliance_officer" else "/"
    assert places_of(api(who).get(path)) == places


def test_the_page_shows_the_lanes_that_the_api_knows() -> None:
    assert tuple(code for code, _ in LANES) == LANES_OF_THE_API


def test_everything_to_choose_from_is_in_the_page_before_any_script_runs(api: Any, user_of: Any) -> None:
    view_save(user=user_of("reader"), name="Claims over 14 days", filters={"lane": "claims"})
    content = api("reader").get("/").content.decode()
    for code in (*LANES_OF_THE_API, *CASE_TYPES):
        assert f'data-value="{code}"' in content
    assert '<a href="/?lane=claims">Claims over 14 days</a>' in content


def test_whoever_may_not_review_is_offered_no_reading(api: Any) -> None:
    assert b'data-role="start"' in api("reader").get("/").content
    assert b'data-role="start"' not in api("technologist").get("/").content


def test_an_error_says_what_is_so_and_how_to_go_on(api: Any) -> None:
    content = api("reader").get("/nowhere/").content.decode()
    assert "404 · not_found" in content and "Start again from the worklist." in content
    assert '<a class="button main" href="/">' in content


def test_a_stale_form_offers_to_reload_its_page(api: Any) -> None:
    answer = api("reader", enforce_csrf_checks=True).post("/password/")
    assert answer.status_code == 403 and '<a class="button" href="/password/">' in answer.content.decode()
