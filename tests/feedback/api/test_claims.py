"""The claims lane over HTTP: what it shows to whom, what is masked, what is audited, what conflicts."""

import csv
import io

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from accounts.services.roles import role_grant
from feedback.api.cursor import text_of_parts
from feedback.models import FilmVerdict, Read, ReadState
from feedback.services.checks import Details
from feedback.services.reads import finding_add, read_sign
from imaging.dicom.errors import refused
from imaging.models import FilmMatch, InsuranceClaim
from tests.imaging import jaw_phantoms as jaws

pytestmark = pytest.mark.django_db
GROUPS = [{"name": "Fillings", "codes": "F100-F199", "supporting": ["caries"], "contradicting": ["impacted tooth"]}]


def events(action, **wanted):
    return AuditEvent.objects.filter(action=action.value, **wanted)


def lane(client, **query):
    return client.get("/api/claims/", query).json()


def test_the_lane_shows_claims_with_images_flags_and_wait(api, copied):
    found = lane(api("claims_examiner"))
    assert [row["number"] for row in found["results"]] == ["CLAIM-0001", "CLAIM-0002"]
    assert all(
        (row["images"], row["studies"], row["flags"], row["state"]) == (1, 1, 1, "open") for row in found["results"]
    )
    assert found["counts"] == {"open": 2, "decided": 0, "exported": 0, "flagged": 2}
    assert events(Action.CLAIMS_LISTED).count() == 1


def test_whoever_may_not_decide_sees_the_number_masked(api, copied):
    found = lane(api("claims_assistant"))
    assert {row["number"] for row in found["results"]} == {"…001", "…002"}
    detail = api("claims_assistant").get(f"/api/claims/{copied.id}/")
    assert "CLAIM-000" not in detail.content.decode()


@pytest.mark.parametrize(
    ("name", "status"), [("claims_examiner", 200), ("reader", 403), ("claims_examiner_elsewhere", 404)]
)
def test_only_who_sees_claims_here_opens_one(api, claim, name, status):
    assert api(name).get(f"/api/claims/{claim.id}/").status_code == status


def test_the_lane_goes_on_where_a_page_ended(api, site, user_of, monkeypatch):
    from feedback.claims import lane as module
    from imaging.services.insurance_claims import claim_open

    monkeypatch.setattr(module, "PAGE", 2)
    for number in range(5):
        claim_open(site=site, number=f"NUMBER-{number}", actor=user_of("claims_examiner"))
    client, cursor, numbers = api("claims_examiner"), "", []
    for _ in range(3):
        page = lane(client, cursor=cursor)
        numbers += [row["number"] for row in page["results"]]
        cursor = page["next"] or ""
    assert numbers == [f"NUMBER-{number}" for number in range(5)] and not cursor


BEFORE_THE_CALENDAR = text_of_parts(["0001-01-01T00:00:00+14:00", "0" * 32])


@pytest.mark.parametrize("cursor", ["x", "W10=", "bnVsbA==", BEFORE_THE_CALENDAR])
def test_a_cursor_that_is_not_ours_is_refused(api, claim, cursor):
    assert api("claims_examiner").get("/api/claims/", {"cursor": cursor}).json()["code"] == "cursor_invalid"


def test_a_number_is_found_by_exactly_itself_and_stands_in_no_address(api, claim):
    client = api("claims_examiner")
    found = client.post("/api/claims/search/", {"claim_number": "claim-0001"}, format="json").json()
    assert [row["id"] for row in found["results"]] == [str(claim.id)]
    assert client.post("/api/claims/search/", {"claim_number": "CLAIM-000"}, format="json").json()["results"] == []


def test_the_lane_asks_as_many_questions_for_one_claim_as_for_many(api, send, claim, django_assert_max_num_queries):
    client = api("claims_examiner")
    for number in range(2, 6):
        send(jaws.jaw_phantom(number), f"CLAIM-{number:04d}")
    lane(client)
    with django_assert_max_num_queries(40):
        assert len(lane(client)["results"]) == 5


def test_a_claim_shows_its_likeness_and_opening_it_is_audited_for_its_patient(api, claim, copied):
    found = api("claims_examiner").get(f"/api/claims/{copied.id}/").json()
    (like,) = found["likenesses"]
    assert like["words"] == f"Looks like a film of claim CLAIM-0001, distance {like['distance']}: look."
    assert like["other"]["claim_id"] == str(claim.id) and like["word"] == ""
    study = copied.studies.get()
    assert events(Action.CLAIM_VIEWED, study_id=study.id, patient_ref=study.patient_id).exists()
    assert events(Action.CLAIM_VIEWED, object_id=copied.id).exists()
    (mirror_side,) = api("claims_examiner").get(f"/api/claims/{claim.id}/").json()["likenesses"]
    assert mirror_side["other"]["claim_id"] == str(copied.id)


def test_a_film_at_a_site_without_permission_is_told_of_and_not_shown(api, send, claim, other_site, user_of):
    copy = jaws.saved_again(jaws.jaw_phantom(1))
    send(copy, "CLAIM-0009", site=other_site, actor=user_of("technologist_elsewhere"))
    match = FilmMatch.objects.get()
    found = api("claims_examiner").get(f"/api/claims/{claim.id}/").json()
    (like,) = found["likenesses"]
    assert like["other"] is None and "a claim that you may not see" in like["words"]
    refused = api("claims_examiner").post(f"/api/film-matches/{match.id}/word/", {"word": "same_film"}, format="json")
    assert refused.status_code == 404 and not FilmVerdict.objects.exists()


def test_what_an_examiner_says_of_two_films_is_kept_word_by_word(api, copied):
    match, client = FilmMatch.objects.get(), api("claims_examiner")
    for word in ("other_film", "same_film"):
        answer = client.post(f"/api/film-matches/{match.id}/word/", {"word": word, "comment": "Look."}, format="json")
        assert answer.status_code == 201
    assert FilmVerdict.objects.count() == 2 and events(Action.FILMS_COMPARED).count() == 2
    (like,) = client.get(f"/api/claims/{copied.id}/").json()["likenesses"]
    assert (like["word"], like["comment"]) == ("same_film", "Look.")
    rows = lane(client)["results"]
    assert [(row["flags"], row["same"]) for row in rows] == [(0, 1), (0, 1)]
    assert lane(client, flagged=True)["results"] == []


def test_a_decision_names_the_version_and_a_denial_its_reason(api, copied):
    client, url = api("claims_examiner"), f"/api/claims/{copied.id}/decision/"
    version = client.get(f"/api/claims/{copied.id}/").json()["version"]
    bare = client.post(url, {"decision": "deny", "expected_version": version}, format="json")
    assert (bare.status_code, bare.json()["code"]) == (400, "reason_missing")
    stale = client.post(url, {"decision": "accept", "expected_version": version - 1}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (412, "claim_changed")
    done = client.post(url, {"decision": "accept", "expected_version": version}, format="json")
    assert done.json()["state"] == "decided"
    assert lane(client)["counts"] == {"open": 1, "decided": 1, "exported": 0, "flagged": 1}


def test_only_who_may_decide_decides(api, copied):
    answer = api("claims_assistant").post(f"/api/claims/{copied.id}/decision/", {"decision": "accept"}, format="json")
    assert answer.status_code == 403


def test_billed_procedures_are_written_whole_and_checked(api, claim):
    client, url = api("claims_assistant"), f"/api/claims/{claim.id}/procedures/"
    version = InsuranceClaim.objects.get().version
    wrong = {"expected_version": version, "procedures": [{"code": "F1", "tooth": "99"}]}
    assert client.put(url, wrong, format="json").status_code == 400
    right = {"expected_version": version, "procedures": [{"code": "F1", "tooth": "36", "date": "2026-10-01"}]}
    assert client.put(url, right, format="json").status_code == 200
    (line,) = client.get(f"/api/claims/{claim.id}/").json()["evidence"]
    assert (line["procedure"]["tooth"], line["standing"]) == ("36", "no_group")


def test_the_table_of_groups_is_the_organisations_own_and_decides_what_supports(api, copied, user_of):
    client = api("claims_examiner")
    assert len(client.get("/api/claims/groups/").json()["groups"]) >= 5
    assert client.put("/api/claims/groups/", {"groups": GROUPS}, format="json").status_code == 200
    assert events(Action.PROCEDURE_GROUP_CHANGED).count() == 1
    study, reader = copied.studies.get(), user_of("reader")
    instance = study.series.get().instances.get()
    study.case_type = "dental_periapical"
    study.save(update_fields=["case_type"])
    finding_add(
        reader=reader, study_id=study.id, instance_id=instance.id, frame=0, label="caries", details=Details(tooth=36)
    )
    read_sign(reader=reader, study_id=study.id)
    assert Read.objects.get().state == ReadState.SIGNED
    (line,) = client.get(f"/api/claims/{copied.id}/").json()["evidence"]
    assert (line["standing"], line["group"]) == ("supported", "Fillings")
    assert line["speaking_for"][0]["tooth"] == 36


def test_two_groups_of_one_name_are_refused(api, claim):
    answer = api("claims_examiner").put("/api/claims/groups/", {"groups": GROUPS * 2}, format="json")
    assert answer.status_code == 400


def test_a_study_joins_a_claim_later_and_its_films_are_looked_for(api, claim, send):
    study = send(jaws.saved_again(jaws.jaw_phantom(1)))
    url = f"/api/studies/{study.id}/claim/"
    answer = api("claims_assistant").put(url, {"claim_number": "CLAIM-0005"}, format="json")
    assert answer.status_code == 200 and FilmMatch.objects.count() == 1
    assert api("reader").put(url, {"claim_number": ""}, format="json").status_code == 403
    assert api("claims_assistant").put(url, {"claim_number": ""}, format="json").status_code == 204
    assert FilmMatch.objects.count() == 0
    assert api("claims_assistant").put(url, {"claim_id": str(claim.id)}, format="json").json()["id"] == str(claim.id)


def test_a_study_joins_no_claim_of_another_site(api, claim, send, other_site, user_of):
    study = send(jaws.jaw_phantom(3), site=other_site, actor=user_of("technologist_elsewhere"))
    role_grant(user=user_of("claims_assistant"), site=other_site, role="claims_assistant")
    answer = api("claims_assistant").put(f"/api/studies/{study.id}/claim/", {"claim_id": str(claim.id)}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "claim_elsewhere")


def test_the_sheet_leaves_audited_as_pdf(api, copied):
    client = api("claims_examiner")
    version = client.get(f"/api/claims/{copied.id}/").json()["version"]
    client.post(
        f"/api/claims/{copied.id}/decision/",
        {"decision": "query", "reason": "Which surface?", "expected_version": version},
        format="json",
    )
    answer = client.get(f"/api/claims/{copied.id}/sheet.pdf")
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    assert events(Action.CLAIM_EXPORTED, object_id=copied.id).exists()
    copied.refresh_from_db()
    assert copied.state == "exported" and copied.studies.get().clocks.exported_at is not None


def test_the_table_leaves_audited_and_runs_no_formula(api, copied, user_of):
    copied.refresh_from_db()
    client = api("claims_examiner")
    body = {"decision": "deny", "reason": "=HYPERLINK(1)", "expected_version": copied.version}
    client.post(f"/api/claims/{copied.id}/decision/", body, format="json")
    answer = client.get(f"/api/claims/{copied.id}/sheet.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["record"] for row in rows} >= {"claim", "film", "procedure", "likeness"}
    head = next(row for row in rows if row["record"] == "claim")
    assert head["reason"] == "'=HYPERLINK(1)" and head["notice"].startswith("Assistive only.")
    assert all(row["audit_reference"] for row in rows)
    assert api("claims_assistant").get(f"/api/claims/{copied.id}/sheet.csv").status_code == 403


def test_a_sheet_is_audited_for_the_patients_of_the_films_that_it_shows_beside_the_claims_own(api, claim, copied):
    api("claims_examiner").get(f"/api/claims/{copied.id}/sheet.pdf")
    for study in (copied.studies.get(), claim.studies.get()):
        assert events(Action.CLAIM_EXPORTED, study_id=study.id, patient_ref=study.patient_id).count() == 1


def test_a_sheet_that_could_not_be_made_has_not_left(api, copied, user_of, monkeypatch):
    from feedback.services import insurance_claims
    from imaging.services.insurance_claims import claim_decide

    def broken(*_):
        raise refused("decode_crashed")

    decided = claim_decide(
        claim=copied, decision="accept", reason="", actor=user_of("claims_examiner"), expected_version=copied.version
    )
    monkeypatch.setattr(insurance_claims, "film_images", broken)
    assert api("claims_examiner").get(f"/api/claims/{copied.id}/sheet.pdf").status_code >= 400
    decided.refresh_from_db()
    assert (decided.state, decided.exported_at) == ("decided", None)
    assert decided.studies.get().clocks.exported_at is None and events(Action.CLAIM_EXPORTED).exists()
