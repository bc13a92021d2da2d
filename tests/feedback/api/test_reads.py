"""What readers do, over HTTP: allowed and refused, and in one error shape."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from feedback.models import FindingReview, Read

pytestmark = pytest.mark.django_db
BOX = {"left": 5, "top": 6, "right": 30, "bottom": 44}


@pytest.mark.parametrize(
    ("who", "status"),
    [("reader", 200), ("lead_reader", 200), ("technologist", 403), ("reader_elsewhere", 404), ("anonymous", 401)],
)
def test_readers_of_the_site_confirm_with_one_request(api: Any, study: Any, who: str, status: int) -> None:
    answer = api(who).post(f"/api/studies/{study.id}/confirm/", {"expected_version": study.version}, format="json")
    assert (answer.status_code, Read.objects.count()) == (status, int(status == 200))
    if status == 200:
        assert answer.json()["state"] == "signed" and len(answer.json()["reviews"]) == 2


def test_a_stale_page_confirms_nothing(api: Any, study: Any) -> None:
    answer = api("reader").post(f"/api/studies/{study.id}/confirm/", {"expected_version": 0}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "version_changed")
    assert answer.json()["details"] == {"version": study.version}


def test_a_second_reader_is_asked_first(api: Any, study: Any, user_of: Any) -> None:
    url = f"/api/studies/{study.id}/confirm/"
    api("reader").post(url, {}, format="json")
    refused = api("lead_reader").post(url, {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_read")
    assert api("lead_reader").post(url, {"second_read": True}, format="json").json()["second_read"] is True


def test_a_finding_is_corrected_rejected_and_undone(api: Any, study: Any, findings: list[Any]) -> None:
    client, url = api("reader"), f"/api/findings/{findings[0].id}/reviews/"
    corrected = client.post(url, {"verdict": "corrected", "label": "nodule", "box": BOX}, format="json")
    assert (corrected.status_code, corrected.json()["label"], corrected.json()["box"]["right"]) == (201, "nodule", 30.0)
    assert client.post(url, {"verdict": "rejected"}, format="json").status_code == 201
    undone = client.post(f"/api/studies/{study.id}/undo/").json()
    assert (undone["act"], undone["reviews"]) == ("review", 1)
    reads = client.get(f"/api/studies/{study.id}/reviews/").json()["reads"]
    assert [review["verdict"] for review in reads[0]["reviews"]] == ["corrected"]


def test_a_missing_finding_is_added_and_taken_back(api: Any, study: Any, findings: list[Any]) -> None:
    client = api("reader")
    body = {"instance_id": str(findings[0].instance_id), "label": "nodule", "box": BOX}
    added = client.post(f"/api/studies/{study.id}/reviews/", body, format="json")
    assert added.status_code == 201 and added.json()["verdict"] == "added"
    assert client.delete(f"/api/reviews/{added.json()['id']}/").status_code == 204
    assert client.get(f"/api/studies/{study.id}/reviews/").json()["reads"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"verdict": "added"}, "invalid_input"),
        ({"verdict": "corrected", "label": "no such word"}, "label_unknown"),
        ({"verdict": "corrected", "box": {**BOX, "right": 1}}, "box_invalid"),
        ({"verdict": "corrected"}, "correction_empty"),
    ],
)
def test_nonsense_is_refused_in_the_one_error_shape(
    api: Any, study: Any, findings: list[Any], body: dict[str, Any], code: str
) -> None:
    answer = api("reader").post(f"/api/findings/{findings[0].id}/reviews/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert {"code", "message", "tag", "remedy"} <= set(answer.json()) and not FindingReview.objects.exists()


def test_reviews_are_shown_only_after_the_audit_row(api: Any, study: Any) -> None:
    answer = api("technologist").get(f"/api/studies/{study.id}/reviews/")
    assert answer.status_code == 200 and "nodule" in answer.json()["labels"]
    event = AuditEvent.objects.filter(action=Action.REVIEWS_VIEWED.value).get()
    assert (event.study_id, event.patient_ref) == (study.id, study.patient_id)


def test_the_study_says_who_has_read_it(api: Any, study: Any) -> None:
    client = api("reader")
    assert client.get(f"/api/studies/{study.id}/").json()["read"] is None
    client.post(f"/api/studies/{study.id}/confirm/", {}, format="json")
    read = client.get(f"/api/studies/{study.id}/").json()["read"]
    assert (read["state"], read["by"]) == ("signed", "reader")
