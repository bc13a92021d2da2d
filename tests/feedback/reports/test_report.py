"""The report of a read: what it says, to whom, and that it is on record before it leaves."""

import time
from typing import Any

import numpy as np
import pytest

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.models import AuditEvent
from feedback.models import Read, StudyClocks
from feedback.services import reads
from feedback.services.reports import report_export
from imaging.models import Finding, Instance, Study
from imaging.phantom import PhantomHeader, phantom_dicom
from imaging.pipeline.values import BoundingBox
from imaging.worker import work_once
from tests import factories
from tests.feedback.making import make_analysed, make_finding
from tests.feedback.reports.printed import films, page_texts, said

COMMENT = "Vergleiche mit Voraufnahme: Größe ↑, καθαρό, чисто <b>"


@pytest.fixture
def signed(study: Study, findings: list[Finding], reader: Any) -> Read:
    """One finding corrected, one rejected, one added; signed."""
    reads.finding_correct(
        reader=reader, finding_id=findings[0].id, box=BoundingBox(11.0, 12.0, 44.0, 55.0), comment=COMMENT
    )
    reads.finding_reject(reader=reader, finding_id=findings[1].id)
    instance = Instance.objects.get(series__study=study)
    box = BoundingBox(60.0, 60.0, 90.0, 80.0)
    reads.finding_add(reader=reader, study_id=study.id, instance_id=instance.id, frame=0, label="nodule", box=box)
    return reads.read_sign(reader=reader, study_id=study.id)


def pdf_of(client: Any, study: Study, **query: Any) -> bytes:
    response = client.get(f"/api/studies/{study.id}/report.pdf", query)
    assert response.status_code == 200, response.content
    return bytes(response.content)


def test_a_report_says_what_the_model_and_the_reader_said(signed: Read, api: Any) -> None:
    text = said(pdf_of(api("reader"), signed.study))
    assert "effusion .91, operating point .37" in text
    assert "corrected: box" in text
    assert "mass .62" in text and "rejected" in text
    assert "nodule" in text and "added" in text
    assert COMMENT in text
    assert "Abnormal: effusion, nodule." in text
    assert "1 finding below the operating point" in text
    assert "DRAFT" not in text


def test_a_report_names_reader_site_and_models_with_their_digests(signed: Read, findings: Any, api: Any) -> None:
    text = said(pdf_of(api("reader"), signed.study))
    version = findings[0].model_version
    assert f"{version.name} {version.version}" in text
    assert version.sha256 in text.replace(" ", "")
    assert signed.reader.username in text and signed.study.site.name in text
    assert str(signed.study.id) in text.replace(" ", "")


def test_every_page_names_the_event_that_a_compliance_officer_finds(signed: Read, api: Any) -> None:
    pages = page_texts(pdf_of(api("reader"), signed.study))
    event = AuditEvent.objects.get(action=Action.REPORT_EXPORTED.value)
    assert event.object_id == signed.id and event.study_id == signed.study_id
    assert event_detail(event)["state"] == "signed"
    for text in pages:
        assert str(event.id) in text and f"sequence {event.sequence}" in text
        assert "Assistive only. A clinician decides every case." in text


def test_an_export_of_a_signed_read_stops_the_clock_and_a_look_or_a_draft_does_not(
    study: Study, findings: Any, reader: Any, api: Any
) -> None:
    def exported_at() -> Any:
        return StudyClocks.objects.values_list("exported_at", flat=True).filter(study=study).first()

    reads.finding_confirm(reader=reader, finding_id=findings[0].id)
    pdf_of(api("reader"), study)
    reads.read_sign(reader=reader, study_id=study.id)
    api("reader").get(f"/studies/{study.id}/report/")
    assert exported_at() is None
    pdf_of(api("reader"), study)
    assert exported_at() is not None


def test_nothing_leaves_when_the_audit_row_cannot_be_written(
    signed: Read, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts.errors import AuditUnavailable

    def refuse(*_: Any, **__: Any) -> None:
        raise AuditUnavailable

    monkeypatch.setattr("feedback.services.reports.record_access", refuse)
    answers = [
        api("reader").get(f"/api/studies/{signed.study_id}/report.pdf"),
        api("reader").get(f"/studies/{signed.study_id}/report/"),
    ]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert all(b"effusion" not in answer.content for answer in answers)


def test_a_draft_says_so_on_every_page_and_is_its_readers_alone(
    study: Study, findings: Any, reader: Any, api: Any, colleague: Any
) -> None:
    reads.finding_confirm(reader=reader, finding_id=findings[0].id)
    assert all("DRAFT" in text for text in page_texts(pdf_of(api("reader"), study)))
    other = api("technologist").get(f"/api/studies/{study.id}/report.pdf")
    assert (other.status_code, other.json()["code"]) == (409, "not_yet_read")
    named = api("technologist").get(f"/api/studies/{study.id}/report.pdf", {"read": str(Read.objects.get().id)})
    assert named.status_code == 404


def test_without_any_read_there_is_nothing_to_report(study: Study, api: Any) -> None:
    answer = api("reader").get(f"/studies/{study.id}/report/")
    assert answer.status_code == 409
    assert "There is no read of this study to report" in answer.content.decode()
    assert not AuditEvent.objects.filter(action__startswith="report.").exists()


def test_a_second_read_is_reported_by_its_id_beside_the_first(signed: Read, findings: Any, api: Any) -> None:
    from tests.conftest import client_of

    second = factories.make_user("reader", signed.study.site)
    reads.finding_confirm(reader=second, finding_id=findings[0].id, second_read=True)
    reads.read_sign(reader=second, study_id=signed.study_id, second_read=True)
    own = said(pdf_of(client_of(second), signed.study))
    assert f"Read by {second.username}" in own
    assert "the reader knew that another read was there" in own
    assert f"{signed.reader.username} signed" in own and "1 corrected, 1 rejected, 1 added" in own
    first = said(pdf_of(client_of(second), signed.study, read=signed.id))
    assert f"Read by {signed.reader.username}" in first


def test_a_report_names_nobody_else(signed: Read, site: Any, user_of: Any, api: Any) -> None:
    header = PhantomHeader(patient_id="OTHER-77", patient_name="Someone^Else")
    grey = np.random.default_rng(3).random((64, 64), dtype=np.float32)
    factories.make_study(site, user_of("technologist"), data=phantom_dicom(grey, header))
    page = api("reader").get(f"/studies/{signed.study_id}/report/").content.decode()
    for text in (said(pdf_of(api("reader"), signed.study)), page):
        assert signed.study.patient.patient_id in text
        assert "OTHER-77" not in text and "Someone" not in text


def test_findings_that_changed_since_the_signature_are_told(signed: Read, api: Any) -> None:
    Study.objects.filter(id=signed.study_id).update(version=signed.study_version + 1)
    assert "looked at this study again after the read was signed" in said(pdf_of(api("reader"), signed.study))


def test_the_page_says_the_same_under_the_same_policy(signed: Read, api: Any) -> None:
    response = api("reader").get(f"/studies/{signed.study_id}/report/")
    page = response.content.decode()
    event = AuditEvent.objects.get(action=Action.REPORT_VIEWED.value)
    assert str(event.id) in page
    assert "Abnormal: effusion, nodule." in page and "Assistive only." in page
    assert "&lt;b&gt;" in page and "<b>\n" not in page
    assert response["Cache-Control"] == "no-store"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert " style=" not in page and "<style" not in page


def test_a_read_id_that_is_none_is_nothing_here(signed: Read, api: Any) -> None:
    assert api("reader").get(f"/studies/{signed.study_id}/report/?read=x").status_code == 404
    assert api("reader").get(f"/api/studies/{signed.study_id}/report.pdf?read=x").status_code == 400


def bright_corner_study(site: Any, actor: Any) -> Study:
    """400 columns by 200 rows, MONOCHROME2: black, but for a white block at the upper left."""
    grey = np.zeros((200, 400), dtype=np.float32)
    grey[0:30, 0:50] = 1.0
    grey[:, 390:] = 0.35
    return factories.make_study(site, actor, data=phantom_dicom(grey, PhantomHeader())).study


def test_the_film_stands_upright_and_the_box_within_a_pixel_of_the_phantoms(
    site: Any, reader: Any, user_of: Any
) -> None:
    study = bright_corner_study(site, user_of("technologist"))
    result = make_analysed(study)
    make_finding(result, left=100.0, top=60.0, right=260.0, bottom=150.0)
    reads.read_confirm(reader=reader, study_id=study.id)
    _, pdf = report_export(user=reader, study_id=study.id)
    (picture,) = films(pdf, 0)
    frame_scale = picture.shape[1] / 400
    rows = round(200 * frame_scale)
    assert picture[int(15 * frame_scale), int(25 * frame_scale)].min() > 200
    assert picture[rows - int(15 * frame_scale), int(25 * frame_scale)].max() < 60
    assert picture[int(15 * frame_scale), int(370 * frame_scale)].max() < 60
    violet = np.abs(picture.astype(int) - [0xB7, 0x9C, 0xFF]).max(axis=2) < 24
    across = np.flatnonzero(violet.sum(axis=1) > 100 * frame_scale) / frame_scale
    upright = np.flatnonzero(violet.sum(axis=0) > 60 * frame_scale) / frame_scale
    left, top, right, bottom = upright.min(), across.min(), upright.max(), across.max()
    assert np.abs(np.array([left, top, right, bottom]) - [100, 60, 260, 150]).max() <= 1.0


def test_key_images_of_a_large_stack_are_bounded_in_number_time_and_memory(
    site: Any, reader: Any, user_of: Any
) -> None:
    import tracemalloc

    from tests.films import make_dicom

    data = make_dicom(rows=256, columns=256, number_of_frames=60, seed=4)
    study = factories.make_study(site, user_of("technologist"), data=data).study
    result = make_analysed(study)
    for frame in range(40):
        make_finding(result, frame_index=frame)
    reads.read_confirm(reader=reader, study_id=study.id)
    tracemalloc.start()
    begun = time.perf_counter()
    _, pdf = report_export(user=reader, study_id=study.id)
    seconds, (_, peak) = time.perf_counter() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    text = said(pdf)
    print(f"report of 40 findings on 60 frames: {seconds:.2f} s, peak {peak / 1e6:.0f} MB, {len(pdf) / 1e6:.2f} MB")
    assert "28 more key images are in the portal" in text
    assert "frame 40" in text
    assert seconds < 20 and peak < 200e6


@pytest.fixture
def looked_at(site: Any, user_of: Any, starter_models: list[Any]) -> Study:
    """A chest phantom after the worker was there."""
    study = factories.make_study(site, user_of("technologist")).study
    while work_once():
        pass
    return study


def test_a_map_that_speaks_for_a_finding_is_a_key_image_and_its_model_is_named(looked_at: Study, reader: Any) -> None:
    finding = Finding.objects.filter(study=looked_at, heatmap__isnull=False).order_by("-probability").first()
    Finding.objects.filter(id=finding.id).update(positive=True)
    reads.finding_confirm(reader=reader, finding_id=finding.id)
    reads.read_sign(reader=reader, study_id=looked_at.id)
    issued, pdf = report_export(user=reader, study_id=looked_at.id)
    assert finding.id in [plan.heatmap_of for plan in issued.report.images]
    assert "no outline of a lesion" in said(pdf)
    assert finding.model_version.sha256 in said(pdf).replace(" ", "")
    assert len(films(pdf, 0)) + (len(films(pdf, 1)) if "Page 2" in said(pdf) else 0) >= 2
