"""Blind first: nothing of what the machine says leaves by any route before the commit.

A study is planted whose label, probability, scores, triage reason and input checks' reason exist nowhere else. Every
route of the resolver is then asked as every kind of user from whom they are withheld, and nothing of them may be in any
answer: no route list is kept here, so a new route is walked the day it is added.
"""

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from rest_framework.test import APIClient

from feedback.policy import PolicyValues
from feedback.services.blind_reads import read_commit
from feedback.services.policy import policy_set
from feedback.services.reads import finding_confirm
from feedback.services.worklist_entries import worklist_entry_refresh
from imaging.listeners import Happening, study_happened
from imaging.models import AnalysisState, Finding, FrameResult, InferenceRun, Study, TriageClass
from imaging.services.insurance_claims import study_claim_change
from tests import factories
from tests.accounts.matrix import METHODS, Route, routes
from tests.conftest import client_of

SECRETS = ("zebra", "quagga", "okapi", "0.6421", "0.8642", "0.7531", "0.9753", "86 %", "86%", "86.4", "75.3", "97.5")
GUARDS_WORD = (
    "wrong_body_part: the image was sent as a chest film and looks like an okapi film (probability 0.6421); go"
)
UNFAMILIAR = "unfamiliar: an okapi, unlike what the model was trained on (distance 0.6421); a person must read it"
HIDDEN_FROM = ("reader", "technologist", "service", "claims_examiner")
WITHHOLDERS = {
    "triage",
    "triage_class",
    "triage_reason",
    "triage_scores",
    "said",
    "summary",
    "study_scores",
    "disagreement",
}
OTHER_OBJECTS = {"user_id", "token_id", "object_id"}
"""Parameters that name nothing of a study: their routes are asked for without one."""
TELLS_OF_A_STUDY = re.compile(r"^(api/)?(studies|worklist|claims)/|^$|^studies/")
BODIES: dict[str, dict[str, Any]] = {
    "api-finding-reviews": {"verdict": "confirmed"},
    "api-worklist-search": {"pseudonym": "P-000000"},
    "api-worklist-hand": {"lane": "to_read", "size": 4},
    "api-reading-time": {"active_seconds": 1.0, "ai_shown": True},
}


@pytest.fixture
def secret_study(analysed_study: Study, site: Any) -> Study:
    """An urgent study of a blind-first site with a map, a colleague's blind read, and their draft over the findings."""
    findings = Finding.objects.filter(study=analysed_study)
    findings.update(label="zebra_sign", probability=0.8642, score=0.9753, positive=True)
    told = {"triage_class": TriageClass.URGENT, "triage_reason": "quagga seen", "triage_scores": {"urgent": 0.7531}}
    FrameResult.objects.filter(run__instance__series__study=analysed_study).update(
        **told, scores={"zebra_sign": 0.9753}, reason=GUARDS_WORD
    )
    reason = f"partly: 1 of 2 images were not analysed. {GUARDS_WORD}"
    Study.objects.filter(pk=analysed_study.pk).update(
        **told, study_scores={"zebra_sign": 0.9753}, analysis_reason=reason
    )
    InferenceRun.objects.filter(instance__series__study=analysed_study).update(reason=GUARDS_WORD)
    analysed_study.refresh_from_db()
    study_happened(analysed_study, Happening.CHANGED)
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    colleague = factories.make_user("reader", site)
    read_commit(reader=colleague, study_id=analysed_study.id, impression="normal")
    finding_confirm(reader=colleague, finding_id=findings.filter(heatmap__isnull=False).earliest("created_at").id)
    worklist_entry_refresh(analysed_study)
    return analysed_study


@pytest.fixture
def objects(secret_study: Study, reader: Any) -> dict[str, Any]:
    finding = Finding.objects.filter(study=secret_study, heatmap__isnull=False).earliest("created_at")
    study_claim_change(study=secret_study, actor=secret_study.uploaded_by, number="LEAK-1")
    secret_study.refresh_from_db()
    return {
        "study_id": secret_study.id,
        "claim_id": secret_study.insurance_claim_id,
        "instance_id": finding.instance_id,
        "finding_id": finding.id,
        "review_id": finding.reviews.get().id,
        "index": 0,
    }


@override_settings(AUDIT_ACCESS_ALLOWED_NESTING=2)
def test_no_route_gives_away_what_the_machine_says_before_the_commit(objects: dict[str, Any], user_of: Any) -> None:
    leaks, answered = [], dict.fromkeys(HIDDEN_FROM, 0)
    for role in HIDDEN_FROM:
        client = client_of(user_of(role))
        for route in routes():
            for method in _methods(route, objects):
                status, text, body = _ask(client, route, method, objects)
                answered[role] += status == 200
                leaks += [f"{method} {route.path} as {role}: {what}" for what in _found(text, body, objects)]
    assert not leaks, "\n".join(leaks)
    assert answered["reader"] > 12 and min(answered.values()) > 3


@pytest.mark.parametrize(
    "query", ["triage=urgent", "triage=flagged", "triage=normal"], ids=["urgent", "flagged", "normal"]
)
def test_no_filter_tells_the_triage_of_a_withheld_study(query: str, secret_study: Study, api: Any) -> None:
    for path in ("/api/studies/", "/api/worklist/"):
        answer = api("reader").get(f"{path}?{query}")
        assert answer.status_code == 200
        assert str(secret_study.id) not in answer.content.decode()


@override_settings(AUDIT_ACCESS_ALLOWED_NESTING=2)
@pytest.mark.parametrize("reason", [GUARDS_WORD, UNFAMILIAR], ids=["guard", "unfamiliar"])
def test_of_a_study_that_was_not_analysed_no_route_tells_what_a_network_takes_it_for(
    reason: str, objects: dict[str, Any], user_of: Any
) -> None:
    study = Study.objects.get(pk=objects["study_id"])
    _refused(study, reason)
    for role in ("reader", "technologist", "claims_examiner"):
        client, leaks = client_of(user_of(role)), []
        for route in (route for route in routes() if TELLS_OF_A_STUDY.match(route.path)):
            for method in _methods(route, objects) & {"GET"}:
                _, text, body = _ask(client, route, method, objects)
                leaks += [f"{route.path} as {role}: {what}" for what in _found(text, body, objects)]
        assert not leaks, "\n".join(leaks)


def test_a_reader_who_reads_blind_is_told_that_the_image_cannot_be_judged_and_what_to_do(
    secret_study: Study, reader: Any, api: Any
) -> None:
    _refused(secret_study, GUARDS_WORD)
    told = api("reader").get(f"/api/studies/{secret_study.id}/").json()["analysis"]
    rows = api("reader").get("/api/worklist/?lane=administrative").json()["results"]
    row = next(row for row in rows if row["id"] == str(secret_study.id))
    assert told["state"] == row["analysis_state"] == "not_analysed"
    assert told["reason"] == row["analysis_reason"] and told["reason"].startswith("wrong_body_part: ")
    assert "change the case type or send the right film" in told["reason"]


def test_after_the_commit_the_machine_speaks_to_that_reader_and_to_nobody_else(
    secret_study: Study, objects: dict[str, Any], reader: Any, user_of: Any
) -> None:
    read_commit(reader=reader, study_id=secret_study.id, impression="abnormal")
    open_paths = (f"/api/studies/{secret_study.id}/", f"/api/studies/{secret_study.id}/findings/")
    for path in open_paths:
        assert "zebra" in client_of(reader).get(path).content.decode()
        assert "zebra" not in client_of(user_of("lead_reader")).get(path).content.decode()
    heatmap = f"/api/findings/{objects['finding_id']}/heatmap/"
    assert client_of(reader).get(heatmap).status_code == 200
    refused = client_of(user_of("lead_reader")).get(heatmap)
    assert (refused.status_code, refused.json()["code"]) == (403, "withheld")


def test_every_route_that_is_not_walked_names_nothing_of_a_study(objects: dict[str, Any]) -> None:
    left_out = {name for route in routes() for name in route.parameters if name not in objects}
    assert left_out <= OTHER_OBJECTS | {"match_id", "view_id"}


def _refused(study: Study, reason: str) -> None:
    """As the input checks leave it: no triage, no finding."""
    nothing = {"triage_class": "", "triage_reason": "", "triage_scores": {}, "study_scores": {}}
    Study.objects.filter(pk=study.pk).update(
        analysis_state=AnalysisState.NOT_ANALYSED, analysis_reason=reason, **nothing
    )
    study.refresh_from_db()
    worklist_entry_refresh(study)


def _methods(route: Route, objects: dict[str, Any]) -> set[str]:
    if route.is_pattern or route.administration or route.path in ("api/schema/", "api/docs/"):
        return set()
    known = all(name in objects for name in route.parameters)
    return set(METHODS) & set(route.methods()) if known else set()


def _ask(client: APIClient, route: Route, method: str, objects: dict[str, Any]) -> tuple[int, str, Any]:
    """The answer's status, headers and body as text, and its JSON where it is that; undone afterwards."""
    path = "/" + re.sub(r"<[^>]*?([a-z_]+)>", lambda found: str(objects[found.group(1)]), route.path)
    with transaction.atomic():
        cookies = client.cookies.copy()
        answer = client.generic(
            method, path, data=json.dumps(BODIES.get(route.name, {})), content_type="application/json"
        )
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    client.cookies = cookies
    assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
    kind = answer.headers.get("Content-Type", "")
    body = answer.json() if kind.startswith("application/json") and content else None
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return answer.status_code, headers + "\n" + _text(content, kind), body


def _found(text: str, body: Any, objects: dict[str, Any]) -> Iterator[str]:
    yield from (secret for secret in SECRETS if secret in text.casefold())
    for about in _objects(body):
        if str(objects["study_id"]) in map(str, about.values()):
            yield from (f"{name} is filled" for name in WITHHOLDERS if about.get(name))


def _objects(body: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON body."""
    if isinstance(body, dict):
        yield body
        for value in body.values():
            yield from _objects(value)
    elif isinstance(body, list):
        for one in body:
            yield from _objects(one)


def _text(content: bytes, kind: str) -> str:
    """Pictures and files as they were sent have no words; what a PDF says stands in its compressed streams."""
    if kind.startswith("application/pdf"):
        streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
        return " ".join(_inflated(stream) for stream in streams)
    if kind.startswith(("image/", "application/octet-stream")):
        return ""
    return content.decode("utf-8", "replace")


def _inflated(stream: bytes) -> str:
    try:
        return zlib.decompress(stream).decode("latin-1")
    except zlib.error:
        return stream.decode("latin-1")
