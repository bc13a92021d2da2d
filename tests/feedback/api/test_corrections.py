"""Corrections, tags, drafts and merges over HTTP."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from feedback.models import FindingReview, Read, ReadDraft
from imaging.models import Study

pytestmark = pytest.mark.django_db
BOX = {"left": 5, "top": 6, "right": 30, "bottom": 44}


@pytest.fixture
def url(study: Any) -> str:
    return f"/api/studies/{study.id}/"


@pytest.fixture
def finding_url(findings: list[Any]) -> str:
    return f"/api/findings/{findings[0].id}/reviews/"


def tag_of(client: Any, url: str) -> str:
    return client.get(f"{url}reviews/").headers["ETag"]


def test_the_vocabulary_comes_with_the_reviews(api: Any, study: Any, url: str) -> None:
    Study.objects.filter(pk=study.pk).update(case_type="dental_bitewing")
    body = api("reader").get(f"{url}reviews/").json()
    vocabulary = body["vocabulary"]
    assert vocabulary["teeth"] is True and set(vocabulary["grades"]) <= set(body["labels"])
    assert vocabulary["grades"]["caries"][0] == {"code": "E1", "words": "outer half of enamel"}
    assert {"code": "artefact", "words": "artefact", "verdicts": ["rejected"]} in vocabulary["reasons"]


def test_a_correction_answers_with_its_diff_and_words(api: Any, study: Any, finding_url: str) -> None:
    Study.objects.filter(pk=study.pk).update(case_type="dental_bitewing")
    body = {"verdict": "corrected", "tooth": 36, "laterality": "L", "box": BOX}
    review = api("reader").post(finding_url, body, format="json").json()
    assert (review["tooth"], review["tooth_universal"], review["item_id"]) == (36, "19", review["finding_id"])
    assert [change["field"] for change in review["diff"]] == ["box", "laterality", "tooth"]
    assert review["changes"] == ["box resized", "side left", "tooth 36 (Universal 19)"]
    cleared = api("reader").post(finding_url, {"verdict": "corrected", "tooth": None}, format="json").json()
    assert (cleared["tooth"], cleared["laterality"]) == (None, "L")


def test_a_drawn_box_is_moved_with_one_request(api: Any, url: str, findings: list[Any]) -> None:
    client = api("reader")
    body = {"instance_id": str(findings[0].instance_id), "label": "nodule", "box": BOX, "comment": "new"}
    added = client.post(f"{url}reviews/", body, format="json").json()
    moved = client.patch(f"/api/reviews/{added['id']}/", {"box": {**BOX, "left": 9}}, format="json")
    assert moved.status_code == 200 and moved.json()["item_id"] == added["id"]
    assert (moved.json()["box"]["left"], moved.json()["comment"]) == (9.0, "new")
    assert client.patch(f"/api/reviews/{added['id']}/", {"label": "mass"}, format="json").status_code == 404


@pytest.mark.parametrize("verb", ["confirm/", "sign/", "undo/"])
def test_a_second_tab_that_saw_less_is_refused_and_nothing_is_written(
    api: Any, url: str, finding_url: str, verb: str
) -> None:
    client = api("reader")
    seen = tag_of(client, url)
    client.post(finding_url, {"verdict": "rejected"}, format="json")
    refused = client.post(f"{url}{verb}", {}, format="json", headers={"If-Match": seen})
    assert (refused.status_code, refused.json()["code"]) == (412, "read_changed")
    assert refused.json()["details"]["others_changed"] is False
    assert Read.objects.get().state == "draft" and FindingReview.objects.count() == 1
    now = f'"{refused.json()["details"]["read_tag"]}"'
    assert client.post(f"{url}{verb}", {}, format="json", headers={"If-Match": now}).status_code == 200


def test_every_act_answers_with_the_tag_for_the_next(api: Any, url: str, finding_url: str) -> None:
    client = api("reader")
    tag = tag_of(client, url)
    first = client.post(finding_url, {"verdict": "rejected"}, format="json", headers={"If-Match": tag})
    second = client.patch(
        f"/api/reviews/{first.json()['id']}/", {"label": "mass"}, format="json", headers={"If-Match": first["ETag"]}
    )
    third = client.delete(f"/api/reviews/{second.json()['id']}/", headers={"If-Match": second["ETag"]})
    fourth = client.post(f"{url}undo/", {"expected_read": third["ETag"].strip('"')}, format="json")
    assert [answer.status_code for answer in (first, second, third, fourth)] == [201, 200, 204, 200]
    assert fourth["ETag"] == tag_of(client, url) != tag


def test_a_reader_who_signs_at_the_same_time_is_not_written_over(api: Any, url: str, finding_url: str) -> None:
    mine, theirs = api("reader"), api("lead_reader")
    seen = tag_of(mine, url)
    theirs.post(f"{url}confirm/", {}, format="json")
    refused = mine.post(finding_url, {"verdict": "rejected"}, format="json", headers={"If-Match": seen})
    details = refused.json()["details"]
    assert refused.status_code == 412 and details["others_changed"] is True
    assert [read["by"] for read in details["reads"]] == ["lead_reader"]
    again = mine.post(
        finding_url,
        {"verdict": "rejected", "second_read": True},
        format="json",
        headers={"If-Match": details["read_tag"]},
    )
    assert again.status_code == 201 and Read.objects.count() == 2


def test_what_another_reader_writes_into_a_draft_does_not_disturb(
    api: Any, url: str, finding_url: str, findings: list[Any]
) -> None:
    mine, theirs = api("reader"), api("lead_reader")
    mine.post(finding_url, {"verdict": "confirmed"}, format="json")
    theirs.post(finding_url, {"verdict": "rejected", "second_read": True}, format="json")
    seen = tag_of(mine, url)
    theirs.post(f"/api/findings/{findings[1].id}/reviews/", {"verdict": "rejected"}, format="json")
    assert mine.post(f"{url}sign/", {}, format="json", headers={"If-Match": seen}).status_code == 200


def test_both_sides_are_compared_and_theirs_is_taken(api: Any, url: str, finding_url: str) -> None:
    mine, theirs = api("reader"), api("lead_reader")
    theirs.post(finding_url, {"verdict": "corrected", "label": "mass"}, format="json")
    mine.post(finding_url, {"verdict": "confirmed", "second_read": True}, format="json")
    compared = mine.get(f"{url}merge/").json()
    (item,) = compared["items"]
    assert (compared["theirs"]["by"], item["kind"], item["words"]) == (
        "lead_reader",
        "differ",
        ["label effusion → mass"],
    )
    assert item["finding"]["label"] == "effusion" and item["takes"] == ["mine", "theirs", "both"]
    body = {"read": compared["theirs"]["id"], "choices": [{"key": item["key"], "take": "theirs"}]}
    taken = mine.post(f"{url}merge/", body, format="json", headers={"If-Match": compared["read_tag"]}).json()
    assert [(review["label"], review["taken_over"]) for review in taken["reviews"]] == [("mass", True)]
    assert AuditEvent.objects.filter(action=Action.READS_COMPARED.value).count() == 1
    assert mine.post(f"{url}merge/", body, format="json").status_code == 412


def content(study: Any, findings: list[Any], **item: Any) -> dict[str, Any]:
    one = {"key": "new-1", "instance_id": str(findings[0].instance_id), "frame": 0, "verdict": "added", **item}
    return {"schema": 1, "study_version": study.version, "place": None, "chosen": None, "items": [one]}


def test_a_draft_is_kept_restored_and_discarded(api: Any, study: Any, url: str, findings: list[Any]) -> None:
    client, address = api("reader"), f"{url}draft/"
    assert client.get(address).json() == {"draft": None}
    first = client.put(address, {"content": content(study, findings, comment="half a")}, format="json")
    whole = content(study, findings, comment="half a word")
    second = client.put(address, {"content": whole}, format="json", headers={"If-Match": first["ETag"]})
    assert (first.status_code, second.status_code, second.json()["unchanged"]) == (200, 200, False)
    restored = api("reader").get(address)
    assert restored.json()["draft"]["content"] == whole and restored["ETag"] == second["ETag"]
    assert AuditEvent.objects.filter(action=Action.DRAFT_VIEWED.value).count() == 1
    assert client.delete(address).status_code == 204 and client.get(address).json() == {"draft": None}


def test_two_tabs_keep_both_drafts(api: Any, study: Any, url: str, findings: list[Any]) -> None:
    client, address = api("reader"), f"{url}draft/"
    ours, stale = content(study, findings, comment="first"), content(study, findings, comment="other tab")
    tag = client.put(address, {"content": ours}, format="json")["ETag"]
    refused = client.put(address, {"content": stale}, format="json")
    assert (refused.status_code, refused.json()["code"], refused["ETag"]) == (412, "read_changed", tag)
    assert refused.json()["details"] == {"stored": ours, "refused": stale, "tag": tag.strip('"')}
    assert client.get(address).json()["draft"]["refused"] == stale
    settled = {"content": stale, "settled": True}
    assert client.put(address, settled, format="json", headers={"If-Match": tag}).status_code == 200
    assert client.get(address).json()["draft"]["refused"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"items": "none"},
        {"patient_name": "Doe"},
        {"items": [{"key": "x"}]},
        {"items": [{"key": "a", "instance_id": "no uuid", "frame": 0, "verdict": "added"}]},
        {"study_version": -1},
    ],
)
def test_a_draft_of_another_shape_is_refused(
    api: Any, study: Any, url: str, findings: list[Any], change: dict[str, Any]
) -> None:
    body = {"content": content(study, findings) | change}
    refused = api("reader").put(f"{url}draft/", body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input") and not ReadDraft.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("lead_reader", 200), ("technologist", 403), ("reader_elsewhere", 404), ("anonymous", 401)]
)
def test_drafts_and_comparisons_are_for_readers_of_the_site(api: Any, url: str, who: str, status: int) -> None:
    assert api(who).get(f"{url}draft/").status_code == status
    assert api(who).get(f"{url}merge/").status_code == status
