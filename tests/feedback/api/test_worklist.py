"""The worklist over HTTP: pseudonymous rows, private search, audited."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.models import AuditEvent
from feedback.policy import PolicyValues
from feedback.services.policy import policy_set
from tests import factories, films

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("query", ["cursor=garbage", "cursor=WzEsMiwzXQ==", "lane=nowhere", "ids=1,2", "site=x"])
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
