"""Pages: who gets them, what they carry, and a content security policy without exceptions."""

import json
import re
from typing import Any

import pytest
from django.conf import settings

from accounts.services.users import user_create
from tests import factories, films
from tests.conftest import MODEL_BACKEND

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(site: Any, user_of: Any) -> Any:
    data = films.make_dicom(patient_name="CANARY^PAGE", patient_id="CN-77")
    return factories.make_study(site, user_of("technologist"), data=data).study


@pytest.mark.parametrize(("who", "status"), [("reader", 200), ("technologist", 200), ("key_custodian", 302)])
def test_the_front_door_leads_readers_to_the_worklist_and_staff_to_the_administration(
    api: Any, who: str, status: int
) -> None:
    answer = api(who).get("/")
    assert answer.status_code == status and answer.headers.get("Location", "/admin/") == "/admin/"


def test_whoever_has_no_part_in_any_site_is_told_so(organisation: Any, client: Any) -> None:
    user = user_create(organisation=organisation, username="newcomer", password=factories.PASSWORD)
    client.force_login(user, backend=MODEL_BACKEND)
    answer = client.get("/")
    assert answer.status_code == 403 and b"You have no part in any site yet." in answer.content


def test_nobody_is_sent_to_sign_in_and_back(api: Any, study: Any) -> None:
    answer = api("anonymous").get(f"/studies/{study.id}/")
    assert answer.status_code == 302 and answer.url == f"/sign-in/?next=/studies/{study.id}/"


@pytest.mark.parametrize(("who", "status"), [("reader", 200), ("reader_elsewhere", 404), ("reader_abroad", 404)])
def test_the_study_page_is_there_only_for_its_site(api: Any, study: Any, who: str, status: int) -> None:
    assert api(who).get(f"/studies/{study.id}/").status_code == status


def test_pages_carry_no_patient_data_and_are_kept_by_no_cache(api: Any, study: Any) -> None:
    for path in ("/", f"/studies/{study.id}/"):
        answer = api("reader").get(path)
        assert b"CANARY" not in answer.content and b"CN-77" not in answer.content
        assert "no-store" in answer["Cache-Control"]


def page_data(answer: Any) -> dict[str, Any]:
    found = re.search(rb'id="page-data" type="application/json">(.*?)</script>', answer.content)
    assert found
    return json.loads(found[1])


def test_the_study_page_says_what_its_reader_may_do(api: Any, study: Any) -> None:
    may = page_data(api("technologist").get(f"/studies/{study.id}/"))["may"]
    assert may == {"review_study": False, "run_inference": True, "cancel_inference": True, "delete_study": False}


def test_uploading_is_offered_only_to_whoever_may(api: Any, site: Any) -> None:
    page = page_data(api("reader").get("/"))
    assert [one["id"] for one in page["uploadSites"]] == [str(site.id)]
    assert page["uploadLimitBytes"] == settings.UPLOAD_LIMIT_BYTES


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/api/docs/", "/nowhere/", "/admin/"])
def test_every_page_stands_under_the_strict_policy_and_says_assistive_only(api: Any, path: str) -> None:
    who = "compliance_officer" if path == "/admin/" else "reader"
    answer = api("anonymous" if path == "/sign-in/" else who).get(path, headers={"Accept": "text/html"})
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert b"Assistive only" in answer.content


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/api/docs/"])
def test_no_page_has_inline_script_or_style(api: Any, path: str) -> None:
    content = api("anonymous" if path == "/sign-in/" else "reader").get(path).content.decode()
    scripts = re.findall(r"<script\b([^>]*)>", content)
    assert all("src=" in attributes or 'type="application/json"' in attributes for attributes in scripts)
    assert "<style" not in content and " style=" not in content
    assert not re.search(r"\son\w+=", content)


def test_an_unknown_address_answers_in_the_shape_that_was_asked_for(api: Any) -> None:
    page = api("reader").get("/nowhere/")
    assert page.status_code == 404 and b"There is nothing here that you can see." in page.content
    data = api("reader").get("/api/nowhere/")
    assert (data.status_code, data.json()["code"]) == (404, "not_found")


def test_a_stale_form_is_told_to_reload(api: Any, user_of: Any) -> None:
    client = api("reader", enforce_csrf_checks=True)
    answer = client.post("/sign-out/")
    assert answer.status_code == 403 and b"Reload the page" in answer.content


def test_the_schema_lists_the_whole_api(api: Any) -> None:
    schema = api("reader").get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    for path in ("/api/worklist/", "/api/studies/{study_id}/confirm/", "/api/findings/{finding_id}/heatmap/"):
        assert path in schema["paths"]


def test_the_schema_is_made_without_a_warning() -> None:
    """Two shapes of one name, or one address for two acts, would each be described as the other."""
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator

    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(request=None, public=True)
    assert not {**GENERATOR_STATS._warn_cache, **GENERATOR_STATS._error_cache}
