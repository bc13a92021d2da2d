"""Work is given out once, one model version at a time, the urgent first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from imaging.models import AnalysisState, InferenceRun, RunState
from imaging.services.inference import inference_claim, leases_extend
from tests import factories, films

pytestmark = pytest.mark.django_db


def test_a_batch_is_of_one_model_version(site, sender, starter_models):
    for seed in range(3):
        factories.make_study(site, sender, data=films.make_dicom(seed=seed, body_part_examined="HAND"))
    first, second = inference_claim(worker="a"), inference_claim(worker="b")
    assert [len(first.runs), len(second.runs)] == [3, 3]
    assert first.model_version != second.model_version
    for batch in (first, second):
        versions = InferenceRun.objects.filter(pk__in=[run.run_id for run in batch.runs]).values("model_version")
        assert versions.distinct().count() == 1
    assert inference_claim(worker="c") is None


def test_a_claim_counts_an_attempt_and_raises_the_fencing_token(chests, claim):
    run = chests(1)[0]
    held = claim(worker="a-worker")[0]
    run.refresh_from_db()
    assert (held.run_id, held.fencing_token) == (run.id, run.fencing_token) == (run.id, 1)
    assert (run.state, run.attempts, run.worker) == (RunState.RUNNING, 1, "a-worker")
    assert run.lease_until > timezone.now()


def test_higher_priority_comes_first_then_the_older_run(chests, claim):
    runs = chests(3)
    InferenceRun.objects.filter(pk=runs[2].id).update(priority=10)
    assert [claim(size=1)[0].run_id for _ in runs] == [runs[2].id, runs[0].id, runs[1].id]


def test_a_run_whose_time_has_not_come_is_not_given_out(chests, claim):
    run = chests(1)[0]
    InferenceRun.objects.filter(pk=run.id).update(not_before=timezone.now() + timedelta(seconds=60))
    assert claim() == []


def test_a_run_that_failed_before_comes_alone(chests, claim):
    runs = chests(3)
    InferenceRun.objects.filter(pk=runs[0].id).update(alone=True)
    assert [run.run_id for run in claim()] == [runs[0].id]
    assert {run.run_id for run in claim()} == {runs[1].id, runs[2].id}


def test_a_run_that_must_be_alone_does_not_join_the_batch_of_another(chests, claim):
    runs = chests(2)
    InferenceRun.objects.filter(pk=runs[1].id).update(alone=True)
    assert [run.run_id for run in claim()] == [runs[0].id]


def test_the_study_says_that_its_analysis_has_begun(chests, claim):
    study = chests(1)[0].instance.series.study
    claim()
    study.refresh_from_db()
    assert study.analysis_state == AnalysisState.ANALYSING


def test_a_heartbeat_extends_held_leases_only(chests, claim):
    runs = chests(2)
    held = tuple(claim())
    InferenceRun.objects.filter(pk=runs[0].id).update(fencing_token=7)
    InferenceRun.objects.update(lease_until=timezone.now())
    assert leases_extend(held) == 1
    assert InferenceRun.objects.get(pk=runs[1].id).lease_until > timezone.now()
    assert InferenceRun.objects.get(pk=runs[0].id).lease_until <= timezone.now()
