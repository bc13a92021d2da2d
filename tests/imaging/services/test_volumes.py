"""Studies of slices: one triage and one score a label for all of them, at a cost that does not explode."""

import dataclasses
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imaging.models import FrameResult, InferenceRun, Instance, RunState
from imaging.services.studies import study_refresh
from registry.models import ModelVersion
from tests import factories, films
from tests.registry.runtime.artefact_samples import SOFTMAX, make_spec

pytestmark = pytest.mark.django_db
CALM, BAD = {"normal": 0.9, "flagged": 0.05, "urgent": 0.05}, {"normal": 0.1, "flagged": 0.2, "urgent": 0.7}


@pytest.fixture
def version(db):
    """A slice model that is registered, without weights: nothing here runs it."""
    return make_version("ct-small", triage=SOFTMAX)


def make_version(name, **changes):
    spec = make_spec(name=name, case_types=("ct",), **changes)
    return ModelVersion.objects.create(
        name=name,
        version=spec.version,
        task=spec.task,
        architecture=spec.architecture,
        sha256=name.ljust(64, "0"),
        artefact="none",
        size_bytes=1,
        case_types=["ct"],
        labels=list(spec.labels),
        spec=dataclasses.asdict(spec),
    )


@pytest.fixture
def volume(site, user_of):
    """volume(n): a received CT study of n slices; the first came in by the product's own way, the rest are copies."""

    def make(count, case_type="ct"):
        data = films.make_dicom(modality="CT", body_part_examined="HEAD", study_description="")
        first = factories.make_study(site, user_of("technologist"), data=data, case_type=case_type).instance
        copied = [
            field.attname for field in Instance._meta.concrete_fields if field.attname not in {"id", "created_at"}
        ]
        values = {name: getattr(first, name) for name in copied}
        own = (
            {"sha256": f"{first.id.hex}{n:032d}", "sop_instance_uid": f"{first.sop_instance_uid}.{n}", "number": n}
            for n in range(2, count + 1)
        )
        Instance.objects.bulk_create([Instance(**{**values, **changes}) for changes in own])
        Instance.objects.filter(pk=first.pk).update(number=1)
        return first.series.study

    return make


def slices_of(study):
    return list(Instance.objects.filter(series__study=study).order_by("number"))


def queue(study, version, instances=None):
    rows = slices_of(study) if instances is None else instances
    return InferenceRun.objects.bulk_create([InferenceRun(instance=one, model_version=version) for one in rows])


def finish(run, scores=None, triage=None, *, reason=""):
    """As inference_complete writes it."""
    run.state, run.started_at = RunState.SUCCEEDED, timezone.now()
    run.save()
    FrameResult.objects.create(
        run=run,
        frame_index=0,
        status="not_analysed" if reason else "analysed",
        reason=reason,
        scores=scores or {},
        triage_scores=triage or {},
        triage_class="normal" if triage else "",
    )


def effusion(value):
    return {"effusion": value, "pneumothorax": 0.1}


def test_a_study_of_slices_gets_one_triage_and_one_score_with_the_slices_that_carry_it(volume, version):
    study = volume(8)
    for index, run in enumerate(queue(study, version)):
        suspicious = index in {3, 4, 5}
        finish(run, effusion(0.9 if suspicious else 0.1), BAD if suspicious else CALM)
    study_refresh(study)
    assert (study.analysis_state, study.triage_class) == ("analysed", "urgent")
    assert study.triage_scores == pytest.approx(BAD)
    score = study.study_scores["effusion"]
    assert score["probability"] == pytest.approx(0.9)
    assert [one["number"] for one in score["slices"]] == [4, 5, 6]
    assert score["model"] == "ct-small 1.0.0"
    assert "slices 4, 5, 6." in study.triage_reason


def test_one_noisy_slice_does_not_make_a_study_urgent(volume, version):
    study = volume(8)
    for index, run in enumerate(queue(study, version)):
        finish(run, effusion(0.1), BAD if index == 3 else CALM)
    study_refresh(study)
    assert study.triage_class == "normal"


def test_slices_are_neighbours_by_their_numbers_and_not_by_when_they_came(volume, version):
    study = volume(9)
    runs = queue(study, version, slices_of(study)[::-1])
    for run in runs:
        near = run.instance.number in {1, 2, 3}
        finish(run, effusion(0.8 if near else 0.0), CALM)
    study_refresh(study)
    assert [one["number"] for one in study.study_scores["effusion"]["slices"]] == [1, 2, 3]


def test_nothing_is_said_of_the_whole_while_a_slice_is_still_to_come(volume, version):
    study = volume(4)
    runs = queue(study, version)
    study_refresh(study)
    assert study.analysis_state == "waiting"
    for run in runs[:-1]:
        finish(run, effusion(0.9), BAD)
    study_refresh(study)
    assert (study.analysis_state, study.triage_class, study.study_scores) == ("analysing", "", {})


def test_without_a_route_a_study_is_not_analysed_with_the_reason_and_never_normal(volume):
    study = volume(5)
    study_refresh(study)
    assert (study.analysis_state, study.triage_class) == ("not_analysed", "")
    assert study.analysis_reason == "no_model: No model is routed for CT images at this site."


def test_a_slice_that_was_not_analysed_keeps_the_study_from_being_normal(volume, version):
    study = volume(5)
    for index, run in enumerate(queue(study, version)):
        finish(run, effusion(0.1), CALM, reason="blank: The frame holds one grey value." if index == 2 else "")
    study_refresh(study)
    assert (study.analysis_state, study.triage_class) == ("analysed", "")
    assert study.analysis_reason.startswith("partly: 1 of 5 images were not analysed. blank")


def test_a_slice_that_was_not_analysed_does_not_hide_what_the_others_show(volume, version):
    study = volume(6)
    for index, run in enumerate(queue(study, version)):
        finish(run, effusion(0.9), BAD, reason="blank: The frame holds one grey value." if index == 0 else "")
    study_refresh(study)
    assert study.triage_class == "urgent"


def test_a_slice_that_came_after_the_route_was_taken_away_counts_as_not_analysed(volume, version):
    study = volume(4)
    for run in queue(study, version, slices_of(study)[:3]):
        finish(run, effusion(0.1), CALM)
    study_refresh(study)
    assert study.triage_class == "" and study.analysis_reason.startswith("partly: 1 of 4 images were not analysed.")


def test_nothing_analysed_at_all_is_not_analysed(volume, version):
    study = volume(3)
    for run in queue(study, version):
        finish(run, reason="unfamiliar: The image is unlike those that the model was made for.")
    study_refresh(study)
    assert (study.analysis_state, study.triage_class, study.study_scores) == ("not_analysed", "", {})


@pytest.mark.parametrize(("state", "expected"), [("needs_human", "needs_human"), ("cancelled", "cancelled")])
def test_a_slice_that_failed_or_was_cancelled_is_said_and_the_study_is_not_normal(volume, version, state, expected):
    study = volume(4)
    runs = queue(study, version)
    for run in runs[1:]:
        finish(run, effusion(0.1), CALM)
    InferenceRun.objects.filter(pk=runs[0].pk).update(state=state, reason="decode_failed: It could not be decoded.")
    study_refresh(study)
    assert (study.analysis_state, study.triage_class) == (expected, "")
    if state == "needs_human":
        assert study.analysis_reason == "decode_failed: It could not be decoded."


def test_superseded_runs_no_longer_count(volume, version):
    study = volume(3)
    old = queue(study, version)
    for run in old:
        finish(run, effusion(0.9), BAD)
    InferenceRun.objects.update(state=RunState.SUPERSEDED)
    for instance in slices_of(study):
        finish(InferenceRun.objects.create(instance=instance, model_version=version, repetition=1), effusion(0.1), CALM)
    study_refresh(study)
    assert (study.triage_class, study.study_scores["effusion"]["probability"]) == ("normal", pytest.approx(0.1))


def test_a_version_that_is_not_calibrated_scores_and_sorts_nothing(volume, db):
    imported = make_version("ct-imported", triage=None, operating_points={}, architecture_options={})
    study = volume(3)
    for run in queue(study, imported):
        finish(run, effusion(0.99))
    study_refresh(study)
    assert (study.analysis_state, study.triage_class) == ("analysed", "")
    assert study.analysis_reason.startswith("unsorted: ")
    assert study.study_scores["effusion"]["probability"] == pytest.approx(0.99)


def test_magnetic_resonance_is_read_the_same_way(volume, version):
    study = volume(3, case_type="mr")
    for run in queue(study, version):
        finish(run, effusion(0.9), BAD)
    study_refresh(study)
    assert study.triage_class == "urgent" and study.study_scores


KEPT_BESIDE = 8
"""Queries of those who listen to a study's changes: its worklist entry and its clocks."""


class TestCost:
    def queries(self, study):
        with CaptureQueriesContext(connection) as captured:
            study_refresh(study)
        return len(captured)

    def test_the_number_of_queries_does_not_grow_with_the_number_of_slices(self, volume, version):
        costs = {}
        for count in (3, 40):
            study = volume(count)
            waiting = [self.queries(study)]
            runs = queue(study, version)
            waiting.append(self.queries(study))
            for run in runs:
                finish(run, effusion(0.1), CALM)
            costs[count] = [*waiting, self.queries(study)]
        assert costs[3] == costs[40]
        assert max(costs[40]) < 15 + KEPT_BESIDE

    def test_a_slice_that_completes_costs_the_same_in_a_long_study_as_in_a_short_one(self, volume, version):
        """Three counts by the database; with rows read one by one, 300 slices would cost thirty times what 10 do."""
        costs = {}
        for count in (10, 300):
            study = volume(count)
            runs = queue(study, version)
            finish(runs[0], effusion(0.1), CALM)
            costs[count] = min(self.seconds(study) for _ in range(12))
            assert study.analysis_state == "analysing"
        print(f"one refresh: {1000 * costs[10]:.1f} ms of 10 slices, {1000 * costs[300]:.1f} ms of 300")
        assert costs[300] < 5 * costs[10]

    def test_three_hundred_slices_are_aggregated_in_one_go(self, volume, version):
        study = volume(300)
        results = []
        for run in queue(study, version):
            run.state, run.started_at = RunState.SUCCEEDED, timezone.now()
            results.append(
                FrameResult(run=run, frame_index=0, status="analysed", scores=effusion(0.1), triage_scores=CALM)
            )
        FrameResult.objects.bulk_create(results)
        InferenceRun.objects.update(state=RunState.SUCCEEDED, started_at=timezone.now())
        spent = min(self.seconds(study) for _ in range(3))
        print(f"the aggregate of 300 slices: {1000 * spent:.1f} ms")
        assert study.triage_class == "normal" and spent < 2.0

    def seconds(self, study):
        started = time.process_time()
        study_refresh(study)
        return time.process_time() - started
