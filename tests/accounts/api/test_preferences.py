"""A user's own way of working: kept on the server, checked there, audited."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.key_bindings import DEFAULT_KEYS
from accounts.models import AuditEvent

pytestmark = pytest.mark.django_db

PATH = "/api/preferences/"


def put(client: Any, **wanted: Any) -> Any:
    return client.put(PATH, wanted, format="json")


def test_whoever_never_chose_has_the_defaults(api: Any) -> None:
    body = api("reader").get(PATH).json()
    assert body["keys"] == body["default_keys"] == DEFAULT_KEYS
    assert (body["theme"], body["layout"], body["tooth_numbering"]) == ("dark", "pair", "fdi")


def test_what_is_chosen_holds_for_that_user_alone(api: Any) -> None:
    assert put(api("reader"), keys={"boxes": "s"}, theme="light").json()["keys"]["boxes"] == "s"
    assert api("reader").get(PATH).json()["theme"] == "light"
    assert api("lead_reader").get(PATH).json()["keys"] == DEFAULT_KEYS


def test_what_is_left_out_stays_and_empty_keys_bring_the_defaults_back(api: Any) -> None:
    client = api("reader")
    put(client, keys={"boxes": "s"}, layout="quad")
    assert put(client, tooth_numbering="universal").json()["keys"]["boxes"] == "s"
    assert put(client, keys={}).json()["keys"] == DEFAULT_KEYS
    assert client.get(PATH).json()["layout"] == "quad"


def test_a_conflict_is_refused_and_nothing_changes(api: Any) -> None:
    client = api("reader")
    refused = put(client, keys={"boxes": "g"}, theme="light")
    assert (refused.status_code, refused.json()["code"]) == (400, "keys_invalid")
    assert refused.json()["details"] == {"conflicts": {"g": ["heatmap", "boxes"]}}
    assert client.get(PATH).json()["theme"] == "dark"


def test_a_change_is_audited_once_and_no_change_is_not(api: Any, reader: Any) -> None:
    put(api("reader"), keys={"boxes": "s"})
    put(api("reader"), keys={"boxes": "s"})
    event = AuditEvent.objects.get(action=Action.PREFERENCES_CHANGED.value)
    assert (event.actor_id, event_detail(event)) == (reader.id, {"keys": {"boxes": "s"}})


@pytest.mark.parametrize("wanted", [{"theme": "pink"}, {"keys": []}, {"keys": {"boxes": None}}, {"layout": 3}])
def test_what_is_no_preference_is_refused(api: Any, wanted: dict[str, Any]) -> None:
    assert put(api("reader"), **wanted).status_code == 400
