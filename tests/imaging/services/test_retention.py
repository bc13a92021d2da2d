"""Deleting a study deletes it for good, whatever was made of it, and the audit trail still says so."""

import pytest
from django.core.files.storage import storages

from accounts.audit.record import event_detail
from accounts.models import AuditEvent, OutboxEvent, StoredObject
from feedback.models import FindingReview, Read
from feedback.services.reads import read_sign
from imaging.errors import LeaseLost
from imaging.models import Finding, FrameResult, InferenceRun, Instance, Series, Study
from imaging.services.inference import inference_claim, inference_complete
from imaging.services.retention import study_erase

pytestmark = pytest.mark.django_db


def test_a_read_study_is_deleted_with_all_that_hangs_on_it(analysed_study, user_of, django_capture_on_commit_callbacks):
    read_sign(reader=user_of("reader"), study_id=analysed_study.id)
    names = list(StoredObject.objects.values_list("name", flat=True))
    with django_capture_on_commit_callbacks(execute=True):
        study_erase(study=analysed_study, actor=user_of("lead_reader"))
    left = [
        m.objects.count() for m in (Study, Series, Instance, InferenceRun, FrameResult, Finding, Read, FindingReview)
    ]
    assert left == [0] * 8
    assert len(names) == 2
    assert [name for name in names if storages["images"].exists(name)] == []


def test_the_audit_trail_keeps_the_fact_and_loses_the_detail(analysed_study, user_of):
    study_id = analysed_study.id
    study_erase(study=analysed_study, actor=user_of("lead_reader"))
    events = {event.action: event for event in AuditEvent.objects.filter(study_id=study_id)}
    assert {"study.received", "inference.completed", "study.deleted", "patient.erased"} <= set(events)
    assert event_detail(events["study.received"]) == {"erased": True}
    last = OutboxEvent.objects.order_by("sequence").last()
    assert (last.kind, last.status, last.study_id) == ("study.deleted", "deleted", study_id)


def test_a_worker_that_is_still_at_it_writes_nothing(study, user_of):
    batch = inference_claim(worker="a")
    study_erase(study=study, actor=user_of("lead_reader"))
    with pytest.raises(LeaseLost):
        inference_complete(batch.runs[0], ())
    assert Finding.objects.count() == 0
