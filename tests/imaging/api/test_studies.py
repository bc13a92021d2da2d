"""Studies over REST: what each role sees, may do, and leaves in the audit trail."""

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent, PatientKey, StoredObject
from imaging.models import AnalysisState, Finding, InferenceRun, Patient, Study
from imaging.worker import work_once
from tests import factories, films

pytestmark = pytest.mark.django_db

SEEN = {"reader": 200, "lead_reader": 200, "technologist": 200, "service": 200}
HIDDEN = {"compliance_officer": 404, "site_admin": 404, "reader_elsewhere": 404, "reader_abroad": 404, "anonymous": 401}


def actions():
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


@pytest.mark.parametrize(("role", "status"), {**SEEN, **HIDDEN}.items())
def test_who_sees_a_study(api, study, role, status):
    client = api(role)
    for path in ("", "findings/"):
        assert client.get(f"/api/studies/{study.id}/{path}").status_code == status


def test_a_study_says_where_it_stands(api, analysed_study):
    body = api("reader").get(f"/api/studies/{analysed_study.id}/").json()
    assert body["analysis"] == {"state": "analysed", "reason": ""}
    assert body["triage"]["class"] == analysed_study.triage_class
    assert set(body["triage"]["scores"]) == {"normal", "flagged", "urgent"}
    assert body["site"]["code"] == "north"
    assert body["models"][0]["name"] == "chest-small"
    assert [image["frames"] for image in body["instances"]] == [1]
    assert body["patient"]["name"] == "Phantom^Synthetic"
    assert body["version"] == analysed_study.version


def test_opening_a_study_is_audited_with_who_and_what(api, study, user_of):
    api("reader").get(f"/api/studies/{study.id}/")
    event = AuditEvent.objects.get(action=Action.STUDY_VIEWED.value)
    assert (event.actor_id, event.study_id, event.patient_ref) == (user_of("reader").id, study.id, study.patient_id)


def test_without_an_audit_row_nothing_leaves(api, study, monkeypatch):
    from accounts.errors import AuditUnavailable

    def unavailable(*args, **facts):
        raise AuditUnavailable

    monkeypatch.setattr("imaging.api.audited.record_access", unavailable)
    response = api("reader").get(f"/api/studies/{study.id}/")
    assert response.status_code == 503
    assert "Phantom" not in response.content.decode()


def test_findings_carry_operating_point_and_model(api, analysed_study, starter_models):
    found = api("reader").get(f"/api/studies/{analysed_study.id}/findings/").json()
    assert {finding["label"] for finding in found} == set(starter_models[0].labels)
    first = found[0]
    assert first["model"] == {
        "name": "chest-small",
        "version": "1.0.0",
        "sha256": starter_models[0].sha256,
    }
    assert (first["operating_point"], first["sensitivity"], first["specificity"]) == (0.5, 0.9, 0.8)
    assert first["heatmap"] is True
    assert [f["positive"] for f in found] == sorted((f["positive"] for f in found), reverse=True)


def test_a_joined_finding_carries_both_words_and_what_the_map_says_of_the_box(api, analysed_study, starter_models):
    row = Finding.objects.filter(study=analysed_study).first()
    version = starter_models[0]
    Finding.objects.filter(pk=row.pk).update(
        source="joined",
        support="box_only",
        agreement=0.25,
        positive=True,
        second_version=version,
        second_probability=0.8,
        second_operating_point=0.5,
        second_positive=True,
    )
    found = api("reader").get(f"/api/studies/{analysed_study.id}/findings/").json()
    joined = next(finding for finding in found if finding["id"] == str(row.pk))
    assert (joined["source"], joined["support"], joined["agreement"]) == ("joined", "box_only", 0.25)
    assert joined["support_words"] == "map looks elsewhere"
    assert joined["second"] == {
        "probability": 0.8,
        "operating_point": 0.5,
        "sensitivity": 0.9,
        "specificity": 0.8,
        "positive": True,
        "model": {"name": "chest-small", "version": "1.0.0", "sha256": version.sha256},
    }
    others = [finding for finding in found if finding is not joined]
    assert {(finding["support_words"], finding["second"], finding["agreement"]) for finding in others} == {
        ("", None, None)
    }


def test_the_list_shows_only_what_the_caller_may_see(api, study, other_site, user_of):
    factories.make_study(other_site, user_of("technologist_elsewhere"))
    body = api("reader").get("/api/studies/").json()
    assert [row["id"] for row in body["results"]] == [str(study.id)]
    assert "patient" not in body["results"][0]
    assert actions()[-1] == Action.STUDY_LISTED.value


def test_the_list_is_cut_by_cursor(api, site, user_of, db):
    studies = [factories.make_study(site, user_of("technologist")).study for _ in range(3)]
    client = api("reader")
    first = client.get("/api/studies/?page_size=2").json()
    second = client.get(first["next"]).json()
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == [str(study.id) for study in reversed(studies)]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("patient_id=4711", 1),
        ("patient_id=%204711%20", 1),
        ("patient_id=471", 0),
        ("case_type=chest", 1),
        ("case_type=bone", 0),
        ("state=waiting", 1),
        ("state=analysed", 0),
        ("triage=urgent", 0),
    ],
)
def test_the_list_is_narrowed(api, site, user_of, starter_models, query, found):
    factories.make_study(site, user_of("technologist"), data=films.make_dicom(patient_id="4711"))
    assert len(api("reader").get(f"/api/studies/?{query}").json()["results"]) == found


def test_a_filter_that_does_not_exist_is_refused(api, study):
    response = api("reader").get("/api/studies/?state=lost")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    ("role", "status"), [("reader", 200), ("technologist", 200), ("service", 403), ("reader_elsewhere", 404)]
)
def test_who_may_run_the_models_again(api, analysed_study, role, status):
    response = api(role).post(f"/api/studies/{analysed_study.id}/rerun/", {"case_type": "bone"}, format="json")
    assert response.status_code == status
    assert InferenceRun.objects.filter(state="queued").count() == (2 if status == 200 else 0)


def test_an_unknown_case_type_can_be_set_right(api, site, user_of, starter_models):
    study = factories.make_study(site, user_of("technologist"), data=films.make_png()).study
    body = api("reader").post(f"/api/studies/{study.id}/rerun/", {"case_type": "chest"}, format="json").json()
    assert (body["case_type"], body["analysis"]["state"]) == ("chest", "waiting")
    work_once()
    study.refresh_from_db()
    assert study.analysis_state == AnalysisState.ANALYSED


@pytest.mark.parametrize(
    ("role", "status"), [("lead_reader", 200), ("technologist", 200), ("reader", 403), ("lead_reader_elsewhere", 404)]
)
def test_who_may_cancel(api, study, role, status):
    assert api(role).post(f"/api/studies/{study.id}/cancel/").status_code == status
    study.refresh_from_db()
    assert (study.analysis_state == AnalysisState.CANCELLED) == (status == 200)


def test_cancelling_what_has_ended_conflicts(api, analysed_study):
    response = api("lead_reader").post(f"/api/studies/{analysed_study.id}/cancel/")
    assert (response.status_code, response.json()["code"]) == (409, "nothing_to_cancel")


@pytest.mark.parametrize(
    ("role", "status"), [("lead_reader", 204), ("reader", 403), ("technologist", 403), ("lead_reader_elsewhere", 404)]
)
def test_who_may_delete(api, analysed_study, role, status):
    assert api(role).delete(f"/api/studies/{analysed_study.id}/").status_code == status
    assert Study.objects.count() == int(status != 204)


def test_deleting_a_patients_last_study_erases_the_patient(api, analysed_study):
    patient_ref = analysed_study.patient_id
    api("lead_reader").delete(f"/api/studies/{analysed_study.id}/")
    assert (StoredObject.objects.count(), Patient.objects.count(), InferenceRun.objects.count()) == (0, 0, 0)
    assert PatientKey.objects.get(id=patient_ref).wrapped is None
    assert actions()[-2:] == [Action.STUDY_DELETED.value, Action.PATIENT_ERASED.value]


def test_deleting_one_of_two_studies_keeps_the_patient(api, site, user_of):
    made = [
        factories.make_study(site, user_of("technologist"), data=films.make_dicom(seed=n, patient_id="7")).study
        for n in (1, 2)
    ]
    api("lead_reader").delete(f"/api/studies/{made[0].id}/")
    kept = Study.objects.get()
    assert (kept.id, kept.patient.patient_id) == (made[1].id, "7")


def test_a_synthetic_sample_is_another_one_every_time(api, starter_models):
    client = api("reader")
    answers = [client.post("/api/studies/sample/", {}, format="json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Study.objects.filter(synthetic=True, case_type="chest", analysis_state="waiting").count() == 2


def test_a_compliance_officer_adds_no_sample(api):
    assert api("compliance_officer").post("/api/studies/sample/", {}, format="json").status_code == 403


def test_events_after_a_number_are_told_without_gaps(api, study):
    client = api("reader")
    before = client.get("/api/events/").json()
    assert [event["kind"] for event in before["events"]] == ["study.received"]
    work_once()
    after = client.get(f"/api/events/?after={before['latest']}").json()
    assert [event["kind"] for event in after["events"]] == ["inference.started", "inference.completed"]
    assert [event["sequence"] for event in after["events"]] == [before["latest"] + 1, before["latest"] + 2]


def test_events_of_other_sites_are_not_told(api, study):
    assert api("reader_elsewhere").get("/api/events/").json()["events"] == []
