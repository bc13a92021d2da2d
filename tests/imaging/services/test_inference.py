"""Attempts, fencing, cancelling, running again: what may happen to a run, and what may never happen."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.models import AuditEvent, OutboxEvent, StoredObject
from accounts.services.objects import object_read
from imaging.errors import CaseTypeInvalid, LeaseLost, NothingToCancel
from imaging.models import AnalysisState, Finding, FrameResult, InferenceRun, RunState
from imaging.selectors import current_findings
from imaging.services.execution import RunFailure, RunSuccess
from imaging.services.heatmaps import heatmap_unpack
from imaging.services.inference import (
    inference_cancel,
    inference_claim,
    inference_complete,
    inference_execute,
    inference_fail,
    inference_rerun,
    leases_recover,
)
from imaging.worker import work_once

pytestmark = pytest.mark.django_db


def nobody_is_gone(worker):
    return False


def everybody_is_gone(worker):
    return True


def due_now():
    InferenceRun.objects.update(not_before=None)


@pytest.fixture
def executed(chests):
    """A claimed run and what the pipeline said of it, not written yet."""
    chests(1)
    return next(iter(inference_execute(inference_claim(worker="a"))))


def test_a_result_is_written_with_findings_heatmaps_audit_and_event(executed, starter_models):
    assert isinstance(executed, RunSuccess)
    inference_complete(executed.claim, executed.frames)
    run = InferenceRun.objects.get()
    assert (run.state, FrameResult.objects.get().status) == (RunState.SUCCEEDED, "analysed")
    assert {finding.label for finding in Finding.objects.all()} == set(starter_models[0].labels)
    event = AuditEvent.objects.get(action=Action.INFERENCE_COMPLETED.value)
    assert (event.model_sha256, event.study_id) == (starter_models[0].sha256, run.instance.series.study_id)
    assert OutboxEvent.objects.order_by("sequence").last().kind == "inference.completed"


def test_heatmaps_are_stored_under_the_patients_key_and_cover_the_frame(executed):
    inference_complete(executed.claim, executed.frames)
    finding = Finding.objects.filter(heatmap__isnull=False).first()
    assert finding.heatmap.patient_ref == finding.study.patient_id
    contributions = heatmap_unpack(object_read(finding.heatmap), finding.heatmap_index).contributions
    assert contributions.shape == (96, 80)


def test_the_study_carries_state_triage_and_a_new_version(executed):
    study = InferenceRun.objects.get().instance.series.study
    before = study.version
    inference_complete(executed.claim, executed.frames)
    study.refresh_from_db()
    assert study.analysis_state == AnalysisState.ANALYSED
    assert study.triage_class == FrameResult.objects.get().triage_class != ""
    assert sum(study.triage_scores.values()) == pytest.approx(1.0)
    assert study.version == before + 1


def test_a_late_worker_cannot_write(executed):
    leases_recover(is_gone=everybody_is_gone)
    due_now()
    inference_claim(worker="b")
    with pytest.raises(LeaseLost):
        inference_complete(executed.claim, executed.frames)
    with pytest.raises(LeaseLost):
        inference_fail(executed.claim, code="x", message="y")
    assert FrameResult.objects.count() == 0


def test_a_result_is_written_once_only(executed):
    inference_complete(executed.claim, executed.frames)
    with pytest.raises(LeaseLost):
        inference_complete(executed.claim, executed.frames)
    assert FrameResult.objects.count() == 1


def test_a_failed_attempt_goes_back_and_comes_again_alone_after_a_pause(chests, claim):
    run = chests(1)[0]
    inference_fail(claim()[0], code="decode_failed", message="No.")
    run.refresh_from_db()
    assert (run.state, run.attempts, run.alone) == (RunState.QUEUED, 1, True)
    assert run.not_before > timezone.now()
    assert claim() == []


def test_the_third_failure_needs_a_human_and_says_why(chests, claim):
    run = chests(1)[0]
    for _ in range(3):
        due_now()
        inference_fail(claim()[0], code="out_of_memory", message="No memory.")
    run.refresh_from_db()
    study = run.instance.series.study
    study.refresh_from_db()
    assert (run.state, study.analysis_state) == (RunState.NEEDS_HUMAN, AnalysisState.NEEDS_HUMAN)
    assert study.analysis_reason == "out_of_memory: No memory. Given up after 3 attempts."
    assert OutboxEvent.objects.order_by("sequence").last().status == AnalysisState.NEEDS_HUMAN
    assert AuditEvent.objects.filter(action=Action.INFERENCE_FAILED.value, outcome="failure").count() == 3
    due_now()
    assert claim() == []


def test_an_expired_lease_is_taken_back_and_counts(chests, claim):
    run = chests(1)[0]
    claim()
    assert leases_recover(is_gone=nobody_is_gone) == 0
    InferenceRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert leases_recover(is_gone=nobody_is_gone) == 1
    run.refresh_from_db()
    assert (run.state, run.attempts, run.error_code) == (RunState.QUEUED, 1, "worker_lost")


def test_an_image_that_kills_its_worker_never_takes_its_batch_along(chests, claim):
    runs = chests(4)
    poison = runs[1].id
    for _ in range(12):
        due_now()
        batch = claim()
        if any(held.run_id == poison for held in batch):
            leases_recover(is_gone=everybody_is_gone)
            continue
        for held in batch:
            inference_complete(held, ())
    states = {run.id: InferenceRun.objects.get(pk=run.id).state for run in runs}
    assert states.pop(poison) == RunState.NEEDS_HUMAN
    assert set(states.values()) == {RunState.SUCCEEDED}


def test_a_poison_image_fails_alone_in_its_batch(chests, monkeypatch):
    runs = chests(3)
    poison = runs[1].instance.stored_object
    monkeypatch.setattr(
        "imaging.services.execution.object_read",
        lambda stored: b"not what it was" if stored == poison else object_read(stored),
    )
    assert work_once() == 3
    states = [InferenceRun.objects.get(pk=run.id).state for run in runs]
    assert states == [RunState.SUCCEEDED, RunState.QUEUED, RunState.SUCCEEDED]
    assert InferenceRun.objects.get(pk=runs[1].id).error_code == "unsupported_container"


def test_a_model_that_cannot_be_loaded_fails_its_runs_with_the_reason(chests, starter_models):
    chests(1)
    starter_models[0].__class__.objects.filter(pk=starter_models[0].pk).update(sha256="0" * 64)
    outcome = next(iter(inference_execute(inference_claim(worker="a"))))
    assert isinstance(outcome, RunFailure)
    assert outcome.code == "artefact_digest"


def test_every_frame_of_an_instance_has_a_result(chests):
    run = chests(1, number_of_frames=11)[0]
    work_once()
    assert sorted(run.frame_results.values_list("frame_index", flat=True)) == list(range(11))
    assert run.frame_results.filter(status="analysed").count() == 11


def test_a_cancelled_run_stays_cancelled_whatever_the_worker_says(executed, sender):
    study = InferenceRun.objects.get().instance.series.study
    assert inference_cancel(study=study, actor=sender) == 1
    with pytest.raises(LeaseLost):
        inference_complete(executed.claim, executed.frames)
    study.refresh_from_db()
    assert study.analysis_state == AnalysisState.CANCELLED
    with pytest.raises(NothingToCancel):
        inference_cancel(study=study, actor=sender)


def test_what_a_dropped_result_stored_is_destroyed(chests, sender, monkeypatch):
    study = chests(1)[0].instance.series.study
    execute = inference_execute

    def cancelled_meanwhile(batch):
        outcomes = list(execute(batch))
        inference_cancel(study=study, actor=sender)
        yield from outcomes

    monkeypatch.setattr("imaging.services.inference.inference_execute", cancelled_meanwhile)
    work_once()
    assert StoredObject.objects.filter(kind="heatmap").count() == 0


def test_running_again_supersedes_and_keeps_what_was_found_before(analysed_study, user_of):
    before = set(current_findings(analysed_study).values_list("id", flat=True))
    inference_rerun(study=analysed_study, actor=user_of("reader"))
    assert current_findings(analysed_study).count() == 0
    assert Finding.objects.filter(pk__in=before).count() == len(before) == 3
    while work_once():
        pass
    after = set(current_findings(analysed_study).values_list("id", flat=True))
    assert len(after) == 3
    assert not after & before


def test_running_again_as_another_case_type_uses_its_models(analysed_study, user_of):
    inference_rerun(study=analysed_study, actor=user_of("reader"), case_type="bone")
    while work_once():
        pass
    analysed_study.refresh_from_db()
    assert analysed_study.case_type == "bone"
    names = {finding.model_version.name for finding in current_findings(analysed_study)}
    assert names == {"bone-small", "bone-second"}


def test_running_again_as_an_unknown_case_type_is_refused(analysed_study, user_of):
    with pytest.raises(CaseTypeInvalid):
        inference_rerun(study=analysed_study, actor=user_of("reader"), case_type="knee")


def test_a_running_worker_cannot_write_a_superseded_run(executed, sender):
    study = InferenceRun.objects.get().instance.series.study
    inference_rerun(study=study, actor=sender)
    with pytest.raises(LeaseLost):
        inference_complete(executed.claim, executed.frames)
