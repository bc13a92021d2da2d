"""Files come in once, belong to one patient, and nothing of a refused file stays."""

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent, OutboxEvent, PatientKey, StoredObject
from accounts.services.objects import object_read
from imaging.dicom.errors import RefusedFile
from imaging.errors import CaseTypeInvalid, SopInstanceConflict, StudyPatientConflict
from imaging.models import AnalysisState, InferenceRun, Instance, Patient, Study
from imaging.services.intake import study_receive_bytes
from tests import films

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(user_of):
    return user_of("technologist")


@pytest.fixture
def receive(site, sender):
    def go(data, **given):
        return study_receive_bytes(**{"site": site, "actor": sender, "file_name": "film.dcm", "data": data, **given})

    return go


def test_a_received_file_is_kept_encrypted_as_it_came(receive):
    data = films.make_dicom(patient_id="4711")
    instance = receive(data).instance
    assert object_read(instance.stored_object) == data
    assert instance.stored_object.patient_ref == instance.series.study.patient_id
    assert (instance.rows, instance.columns, instance.number_of_frames) == (96, 80, 1)


def test_a_routed_case_type_queues_one_run_per_model_version(receive, starter_models):
    study = receive(films.make_dicom(body_part_examined="HAND", study_description="Hand")).study
    assert study.case_type == "bone"
    runs = InferenceRun.objects.filter(instance__series__study=study)
    assert sorted(run.model_version.name for run in runs) == ["bone-second", "bone-small"]
    assert study.analysis_state == AnalysisState.WAITING


def test_the_same_bytes_have_the_same_answer(receive):
    data = films.make_dicom()
    first, second = receive(data), receive(data, file_name="again.dcm")
    assert (first.created, second.created) == (True, False)
    assert (first.instance.id, first.study.id) == (second.instance.id, second.study.id)
    assert StoredObject.objects.count() == 1


def test_the_same_bytes_at_another_site_are_another_study(receive, other_site):
    data = films.make_dicom()
    assert receive(data).study.id != receive(data, site=other_site).study.id


def test_the_same_sop_instance_uid_with_other_bytes_conflicts_and_the_first_is_untouched(receive):
    uid = films.uid()
    first = receive(films.make_dicom(seed=1, sop_instance_uid=uid))
    with pytest.raises(SopInstanceConflict) as caught:
        receive(films.make_dicom(seed=2, sop_instance_uid=uid))
    assert (caught.value.code, caught.value.status) == ("sop_instance_conflict", 409)
    assert Instance.objects.get().sha256 == first.instance.sha256
    assert StoredObject.objects.count() == 1


def test_a_patient_is_found_again_by_patient_id_and_issuer(receive):
    same = [
        receive(films.make_dicom(seed=n, patient_id=pid, issuer_of_patient_id="A"))
        for n, pid in enumerate(["77-a", " 77-A "])
    ]
    other = receive(films.make_dicom(seed=9, patient_id="77-a", issuer_of_patient_id="B"))
    assert same[0].study.patient_id == same[1].study.patient_id != other.study.patient_id


def test_a_patient_id_without_issuer_counts_within_its_site_only(receive, other_site):
    here = receive(films.make_dicom(seed=1, patient_id="1001"))
    there = receive(films.make_dicom(seed=2, patient_id="1001"), site=other_site)
    assert here.study.patient_id != there.study.patient_id
    assert here.study.patient.patient_id_index == there.study.patient.patient_id_index


def test_without_patient_id_every_study_has_a_patient_of_its_own(receive):
    first, second = receive(films.make_dicom(seed=1)), receive(films.make_dicom(seed=2))
    assert first.study.patient_id != second.study.patient_id
    assert PatientKey.objects.count() == 2


def test_images_of_one_study_instance_uid_are_one_study(receive):
    uid, series = films.uid(), films.uid()
    given = {"study_instance_uid": uid, "series_instance_uid": series, "patient_id": "5"}
    first, second = (receive(films.make_dicom(seed=n, **given)) for n in (1, 2))
    assert first.study.id == second.study.id
    assert first.instance.series_id == second.instance.series_id
    assert Study.objects.get().version == 2


def test_a_study_of_another_patient_conflicts(receive):
    uid = films.uid()
    receive(films.make_dicom(seed=1, study_instance_uid=uid, patient_id="5"))
    with pytest.raises(StudyPatientConflict):
        receive(films.make_dicom(seed=2, study_instance_uid=uid, patient_id="6"))
    assert Patient.objects.count() == 1


def test_png_files_are_one_study_each_and_unknown_case_types_are_not_analysed(receive, starter_models):
    first, second = receive(films.make_png(seed=1)), receive(films.make_png(seed=2))
    assert first.study.id != second.study.id
    assert first.study.analysis_state == AnalysisState.NOT_ANALYSED
    assert first.study.analysis_reason.startswith("case_type_unknown: ")
    assert first.study.triage_class == ""


def test_a_case_type_that_no_route_names_is_not_analysed_with_the_reason(receive, starter_models):
    study = receive(films.make_png(), case_type="dental_bitewing").study
    assert (study.analysis_state, study.case_type) == (AnalysisState.NOT_ANALYSED, "dental_bitewing")
    assert study.analysis_reason.startswith("no_model: ")


def test_a_case_type_that_the_sender_picks_wins_over_the_header(receive):
    study = receive(films.make_dicom(), case_type="bone").study
    assert (study.case_type, study.case_type_reason) == ("bone", "chosen by the sender")


def test_a_refused_file_leaves_nothing_but_an_audit_row(receive):
    with pytest.raises(RefusedFile) as caught:
        receive(b"GIF89a and nothing that anybody reads")
    assert caught.value.code == "unsupported_container"
    assert (StoredObject.objects.count(), Study.objects.count()) == (0, 0)
    event = AuditEvent.objects.get(action=Action.UPLOAD_REFUSED.value)
    assert event.outcome == "refused"


def test_an_unknown_case_type_is_refused_before_anything_is_kept(receive):
    with pytest.raises(CaseTypeInvalid):
        receive(films.make_dicom(), case_type="knee")
    assert StoredObject.objects.count() == 0


def test_what_went_wrong_inside_leaves_no_object(receive, monkeypatch):
    monkeypatch.setattr("imaging.services.intake.record_effect", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        receive(films.make_dicom())
    assert (StoredObject.objects.count(), Study.objects.count()) == (0, 0)


def test_intake_is_audited_and_pushed_with_ids_only(receive, sender):
    study = receive(films.make_dicom(patient_name="Canary^Bird")).study
    event = AuditEvent.objects.get(action=Action.STUDY_RECEIVED.value)
    assert (event.actor_id, event.study_id, event.patient_ref) == (sender.id, study.id, study.patient_id)
    assert b"film.dcm" not in bytes(event.detail_ct)
    pushed = OutboxEvent.objects.get()
    assert (pushed.kind, pushed.study_id, pushed.status) == ("study.received", study.id, study.analysis_state)


def test_the_patient_is_encrypted_and_shows_a_pseudonym(receive):
    patient = receive(films.make_dicom(patient_name="Canary^Bird", patient_id="C-1")).study.patient
    patient = Patient.objects.get(pk=patient.pk)
    assert (patient.name, patient.patient_id) == ("Canary^Bird", "C-1")
    assert "Canary" not in repr(patient.__dict__)
    assert patient.pseudonym.startswith("P-")
