"""The worklist over HTTP: pseudonymous rows, private search, audited."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.models import AuditEvent
from feedback.api.cursor import text_of_parts
from feedback.policy import PolicyValues
from feedback.services.policy import policy_set
from feedback.services.worklist_entries import worklist_entry_refresh
from tests import factories, films
from tests.conftest import client_of

pytestmark = pytest.mark.django_db
BEGINS_OR_ENDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@pytest.fixture
def named(site: Any, user_of: Any) -> Any:
    data = films.make_dicom(patient_id="QX-9081", patient_name="CANARY^WORKLIST")
    return factories.make_study(site, user_of("technologist"), data=data).study


@pytest.mark.parametrize(
    ("who", "status"), [("reader", 200), ("technologist", 200), ("site_admin", 403), ("anonymous", 401)]
)
def test_who_sees_studies_sees_the_list(api: Any, study: Any, who: str, status: int) -> None:
    assert api(who).get("/api/worklist/").status_code == status


def test_rows_hold_no_name_and_no_patient_id(api: Any, named: Any) -> None:
    answer = api("reader").get("/api/worklist/")
    assert answer.json()["results"][0]["id"] == str(named.id)
    assert b"CANARY" not in answer.content and b"QX-9081" not in answer.content


def test_the_search_finds_by_patient_id_in_the_body(api: Any, named: Any, study: Any) -> None:
    answer = api("reader").post("/api/worklist/search/", {"patient_id": "qx-9081"}, format="json")
    assert [row["id"] for row in answer.json()["results"]] == [str(named.id)]


def test_the_audit_trail_knows_of_the_search_but_not_the_id(api: Any, named: Any) -> None:
    api("reader").post("/api/worklist/search/", {"patient_id": "QX-9081"}, format="json")
    event = AuditEvent.objects.filter(action=Action.STUDY_LISTED.value).latest("sequence")
    detail = event_detail(event)
    assert detail["searched_by"] == "patient_id" and "9081" not in json.dumps(detail)


def test_only_the_asked_rows_come_back_to_be_redrawn(api: Any, named: Any, study: Any) -> None:
    answer = api("reader").get(f"/api/worklist/?ids={study.id}")
    assert [row["id"] for row in answer.json()["results"]] == [str(study.id)]
    assert answer.json()["figures"]["waiting"] == 2


BEFORE_THE_CALENDAR = text_of_parts([0, 1, "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"])
STRANGE = ["cursor=garbage", "cursor=WzEsMiwzXQ==", "lane=nowhere", "ids=1,2", "site=x", "date_to=9999-12-31"]


@pytest.mark.parametrize("query", [*STRANGE, f"cursor={BEFORE_THE_CALENDAR}"])
def test_a_query_that_is_not_ours_is_refused(api: Any, study: Any, query: str) -> None:
    answer = api("reader").get(f"/api/worklist/?{query}")
    assert answer.status_code == 400 and answer.json()["message"]


def test_next_gives_the_other_study(api: Any, named: Any, study: Any) -> None:
    answer = api("reader").get(f"/api/worklist/next/?after={study.id}").json()
    assert (answer["next"]["id"], answer["waiting"]) == (str(named.id), 2)


def test_next_of_a_hidden_study_is_not_there(api: Any, study: Any) -> None:
    assert api("reader_elsewhere").get(f"/api/worklist/next/?after={study.id}").status_code == 404


MOST_QUERIES = 8
TRANSACTION = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")


def statements(captured: Any) -> list[str]:
    """All that the view asks the database, session and user included; not where a transaction begins and ends."""
    return [query["sql"] for query in captured if not query["sql"].startswith(TRANSACTION)]


def test_a_page_takes_eight_queries_with_everything_and_at_a_blind_site_too(
    api: Any, study: Any, named: Any, site: Any
) -> None:
    client = api("reader")
    client.get("/api/worklist/")
    with CaptureQueriesContext(connection) as plain:
        assert len(client.get("/api/worklist/").json()["results"]) == 2
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    with CaptureQueriesContext(connection) as blind:
        assert all(row["blind"] for row in client.get("/api/worklist/").json()["results"])
    assert (len(statements(plain)), len(statements(blind))) == (MOST_QUERIES - 1, MOST_QUERIES)


@pytest.mark.parametrize(
    ("kind", "typed"), [("patient_id", "QX-9081"), ("pseudonym", "P-000000"), ("accession_number", "A1")]
)
def test_each_search_is_audited_by_its_kind_alone(api: Any, named: Any, kind: str, typed: str) -> None:
    assert api("reader").post("/api/worklist/search/", {kind: typed}, format="json").status_code == 200
    detail = event_detail(AuditEvent.objects.filter(action=Action.STUDY_LISTED.value).latest("sequence"))
    assert detail["searched_by"] == kind and typed not in json.dumps(detail)


@pytest.mark.parametrize("body", [{}, {"patient_id": ""}, {"patient_id": "1", "claim_number": "2"}, {"name": "A^B"}])
def test_a_search_names_exactly_one_identifier(api: Any, body: dict[str, str]) -> None:
    assert api("reader").post("/api/worklist/search/", body, format="json").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["triage=grave", "state=done", "claim=some", "date_from=yesterday", "mine=perhaps", "model_version=1", "site=1"],
)
def test_a_filter_that_is_not_ours_is_refused(api: Any, study: Any, query: str) -> None:
    assert api("reader").get(f"/api/worklist/?{query}").status_code == 400


def test_empty_filters_are_no_filters(api: Any, study: Any) -> None:
    answer = api("reader").get("/api/worklist/?triage=&site=&claim=&date_from=&mine=&cursor=")
    assert [row["id"] for row in answer.json()["results"]] == [str(study.id)]


def test_the_hand_is_leased_audited_and_seen_by_others(api: Any, study: Any, colleague: Any) -> None:
    hand = api("reader").post("/api/worklist/hand/", {"size": 2}, format="json").json()
    assert [(row["id"], row["leased_to_me"]) for row in hand["hand"]] == [(str(study.id), True)]
    assert (hand["waiting"], bool(hand["leased_until"])) == (1, True)
    detail = event_detail(AuditEvent.objects.filter(action=Action.STUDY_LISTED.value).latest("sequence"))
    assert (detail["studies"], detail["hand"]) == ([str(study.id)], True)
    seen = client_of(colleague).get("/api/worklist/").json()["results"][0]
    assert (seen["leased_by"], seen["leased_to_me"]) == ("reader", False)
    assert client_of(colleague).post("/api/worklist/hand/", {}, format="json").json()["hand"] == []


def test_a_hand_is_in_the_order_in_which_it_is_read_the_guards_turn_included(api: Any, site: Any, user_of: Any) -> None:
    policy_set(site=site, values=PolicyValues(wait_limit_seconds=60, guard_every=2), actor=None)
    studies = [factories.make_study(site, user_of("technologist")).study for _ in range(4)]
    for study, triage, minutes in zip(studies, ("normal", "urgent", "urgent", "normal"), (9, 5, 4, 0), strict=True):
        study.analysis_state, study.triage_class = "analysed", triage
        study.created_at = timezone.now() - timedelta(minutes=minutes)
        study.save()
        worklist_entry_refresh(study)
    waited, first, second, new = (str(study.id) for study in studies)
    body = {"size": 4, "current": new}
    hand = api("reader").post("/api/worklist/hand/", body, format="json").json()["hand"]
    assert [row["id"] for row in hand] == [new, waited, first, second]


def test_a_hand_takes_few_queries_and_to_renew_it_fewer(api: Any, study: Any, user_of: Any, site: Any) -> None:
    """Session and user are nobody's here: two of a portal's queries come on top. The first hand of all begins the
    reader's turn."""
    client, ask = api("reader"), "/api/worklist/hand/"
    current = client.post(ask, {"size": 1}, format="json").json()["hand"][0]["id"]
    others = [factories.make_study(site, user_of("technologist")).study for _ in range(3)]
    with CaptureQueriesContext(connection) as taken:
        assert len(client.post(ask, {"current": current}, format="json").json()["hand"]) == 1 + len(others)
    with CaptureQueriesContext(connection) as renewed:
        client.post(ask, {"current": current}, format="json")
    counts = [sum(not query["sql"].startswith(BEGINS_OR_ENDS) for query in made) for made in (taken, renewed)]
    assert counts[0] <= 13 and counts[1] <= 9, counts


def test_given_back_a_study_is_free(api: Any, study: Any, colleague: Any) -> None:
    api("reader").post("/api/worklist/hand/", {}, format="json")
    assert api("reader").post("/api/worklist/release/").status_code == 204
    assert len(client_of(colleague).post("/api/worklist/hand/", {}, format="json").json()["hand"]) == 1


@pytest.mark.parametrize("body", [{"size": 0}, {"size": 9}, {"current": "x"}, {"lane": "nowhere"}])
def test_a_hand_that_cannot_be_is_refused(api: Any, study: Any, body: dict[str, Any]) -> None:
    assert api("reader").post("/api/worklist/hand/", body, format="json").status_code == 400


def test_views_are_saved_replaced_and_deleted(api: Any, study: Any) -> None:
    client, filters = api("reader"), {"lane": "all", "triage": "urgent", "mine": ""}
    first = client.post("/api/worklist/views/", {"name": "mornings", "filters": filters}, format="json")
    again = client.post("/api/worklist/views/", {"name": "mornings", "filters": {"lane": "claims"}}, format="json")
    assert (first.status_code, first.json()["filters"]) == (201, {"lane": "all", "triage": "urgent"})
    listed = client.get("/api/worklist/views/").json()["results"]
    assert listed == [{"id": again.json()["id"], "name": "mornings", "filters": {"lane": "claims"}}]
    path = f"/api/worklist/views/{listed[0]['id']}/"
    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]


def test_views_are_a_readers_own(api: Any, study: Any, colleague: Any) -> None:
    view = api("reader").post("/api/worklist/views/", {"name": "mine", "filters": {}}, format="json").json()
    theirs = client_of(colleague)
    assert theirs.get("/api/worklist/views/").json()["results"] == []
    assert theirs.delete(f"/api/worklist/views/{view['id']}/").status_code == 404


def test_a_view_holds_only_filters_that_are_ours(api: Any) -> None:
    client = api("reader")
    given = {"name": "odd", "filters": {"lane": "all", "patient_id": "QX-9081"}}
    assert client.post("/api/worklist/views/", given, format="json").json()["filters"] == {"lane": "all"}
    given["filters"] = {"lane": "nowhere"}
    assert client.post("/api/worklist/views/", given, format="json").status_code == 400
