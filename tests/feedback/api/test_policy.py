"""Blind reads, second opinions and reading time over HTTP."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from feedback.models import ReadingPolicy, SecondReadRequest
from feedback.policy import PolicyValues
from feedback.services.policy import policy_set
from feedback.services.reads import read_confirm
from imaging.models import Study
from tests.conftest import client_of

READERS_ONLY = [("reader", 200), ("lead_reader", 200), ("technologist", 403), ("reader_elsewhere", 404)]


@pytest.fixture
def blind(site: Any) -> None:
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)


def post(client: Any, study: Study, act: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"/api/studies/{study.id}/{act}/", body or {}, format="json")


@pytest.mark.parametrize(("who", "status"), READERS_ONLY)
def test_only_readers_of_the_site_count_time(who: str, status: int, api: Any, study: Study) -> None:
    assert post(api(who), study, "reading-time", {"active_seconds": 0, "ai_shown": True}).status_code == status


@pytest.mark.parametrize(
    "body", [{}, {"active_seconds": -1, "ai_shown": True}, {"active_seconds": "NaN", "ai_shown": 1}]
)
def test_a_pulse_that_says_nonsense_is_refused(body: dict[str, Any], api: Any, study: Study) -> None:
    assert post(api("reader"), study, "reading-time", body).status_code == 400


def test_a_commit_answers_with_the_state_and_opens_what_was_withheld(
    api: Any, study: Study, findings: list[Any], blind: None
) -> None:
    client = api("reader")
    before = client.get(f"/api/studies/{study.id}/findings/").json()
    post(client, study, "reviews", {"instance_id": str(findings[0].instance_id), "label": "nodule"})
    answer = post(client, study, "commit", {"impression": "abnormal"})
    assert (answer.status_code, answer.json()["withheld"], answer.json()["blind_first"]) == (201, "", True)
    assert [one["label"] for one in answer.json()["committed"]["findings"]] == ["nodule"]
    assert before == {"withheld": "blind_first", "findings": []}
    assert len(client.get(f"/api/studies/{study.id}/findings/").json()) == 3


def test_after_signing_the_blind_and_the_final_read_are_compared(
    api: Any, study: Study, findings: list[Any], blind: None
) -> None:
    client = api("reader")
    post(client, study, "commit", {"impression": "normal"})
    post(client, study, "confirm")
    comparison = client.get(f"/api/studies/{study.id}/reading/").json()["comparison"]
    assert comparison["changed"] and "the impression went from normal to abnormal" in comparison["words"]
    assert {"effusion was taken up", "mass was taken up"} <= set(comparison["words"])


@pytest.mark.parametrize("body", [{}, {"impression": "perhaps"}])
def test_a_commit_needs_an_impression(body: dict[str, str], api: Any, study: Study, blind: None) -> None:
    assert post(api("reader"), study, "commit", body).status_code == 400


def test_a_second_opinion_is_asked_for_once_and_its_comment_waits_for_the_second_signature(
    api: Any, study: Study, colleague: Any
) -> None:
    client, other = api("reader"), client_of(colleague)
    first = post(client, study, "second-opinion", {"comment": "left apex?"})
    again = post(client, study, "second-opinion")
    taken = post(other, study, "second-opinion")
    assert (first.status_code, again.status_code, taken.json()["code"]) == (201, 200, "second_read_asked")
    state = other.get(f"/api/studies/{study.id}/reading/").json()
    assert (state["others_hidden"], state["second_read"]["open"], state["second_read"]["comment"]) == (True, True, "")
    post(other, study, "confirm")
    state = other.get(f"/api/studies/{study.id}/reading/").json()
    assert (state["second_read"]["open"], state["second_read"]["comment"]) == (False, "left apex?")


def test_a_second_reader_sees_nobody_elses_read_before_their_own_signature(
    api: Any, study: Study, reader: Any, colleague: Any
) -> None:
    read_confirm(reader=reader, study_id=study.id)
    post(api("reader"), study, "second-opinion")
    other = client_of(colleague)
    before = other.get(f"/api/studies/{study.id}/reviews/").json()
    assert [read for read in before["reads"] if not read["mine"]] == []
    assert other.get(f"/api/studies/{study.id}/reading/").json()["discordances"] == []
    post(other, study, "sign")
    assert len(other.get(f"/api/studies/{study.id}/reviews/").json()["reads"]) == 2


def test_the_site_admin_sets_how_a_site_reads_and_the_trail_says_what_it_was(
    api: Any, site: Any, other_site: Any
) -> None:
    given = {"site": str(site.id), "second_read_share": "0.1", "wait_limit_seconds": "3600", "guard_every": "3"}
    client = api("site_admin")
    assert client.post("/admin/feedback/readingpolicy/add/", {**given, "blind_first": "on"}).status_code == 302
    row = ReadingPolicy.objects.get(site=site)
    assert (row.blind_first, row.second_read_share, row.wait_limit_seconds, row.guard_every) == (True, 0.1, 3600, 3)
    client.post(f"/admin/feedback/readingpolicy/{row.id}/change/", {**given, "second_read_share": "0.2"})
    row.refresh_from_db()
    assert (row.blind_first, row.second_read_share) == (False, 0.2)
    assert AuditEvent.objects.filter(action=Action.READING_POLICY_CHANGED.value, site_id=site.id).count() == 2
    elsewhere = client.post("/admin/feedback/readingpolicy/add/", {**given, "site": str(other_site.id)})
    assert elsewhere.status_code == 200 and not ReadingPolicy.objects.filter(site=other_site).exists()


@pytest.mark.parametrize("share", ["-0.1", "1.5", "half"])
def test_a_share_beyond_its_range_is_told_on_the_form(share: str, api: Any, site: Any) -> None:
    answer = api("site_admin").post(
        "/admin/feedback/readingpolicy/add/", {"site": str(site.id), "second_read_share": share}
    )
    assert answer.status_code == 200 and not ReadingPolicy.objects.exists()


@pytest.mark.parametrize("who", ["reader", "lead_reader", "compliance_officer"])
def test_nobody_else_sets_how_a_site_reads(who: str, api: Any, site: Any) -> None:
    api(who).post("/admin/feedback/readingpolicy/add/", {"site": str(site.id), "second_read_share": "0.1"})
    assert not ReadingPolicy.objects.exists()


def test_a_request_is_gone_with_its_study(api: Any, study: Study) -> None:
    post(api("reader"), study, "second-opinion")
    api("lead_reader").delete(f"/api/studies/{study.id}/")
    assert not SecondReadRequest.objects.exists()
