"""One finding a lesion in the portal, where every version looks at an image in a run of its own."""

import pytest

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.errors import IntegrityBroken
from accounts.models import AuditEvent
from accounts.services.objects import object_read
from imaging.models import Finding, InferenceRun, RunState
from imaging.pipeline.values import BoundingBox
from imaging.selectors import current_findings
from imaging.services.heatmaps import heatmap_unpack
from imaging.services.inference import inference_cancel, inference_rerun
from registry.models import ModelVersion
from tests.imaging.services.two_models import INSIDE, OUTSIDE, box, complete, label, second_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(chests):
    """The classifier's and the detector's run of one film."""
    (run,) = chests(1)
    return run, second_run(run)


def standing(run):
    return list(current_findings(run.instance.series.study))


@pytest.mark.parametrize("boxes_first", [False, True])
def test_a_box_and_its_label_become_one_finding_whichever_run_ends_last(runs, boxes_first):
    acts = [lambda: complete(runs[0], label(0.8)), lambda: complete(runs[1], box(0.6))]
    for act in reversed(acts) if boxes_first else acts:
        act()
    (found,) = standing(runs[0])
    assert (found.source, found.support, found.label_positive) == ("joined", "both", True)
    assert (found.probability, found.second_probability, found.second_operating_point) == (0.6, 0.8, 0.5)
    assert (found.model_version, found.second_version) == (runs[1].model_version, runs[0].model_version)
    assert found.agreement == pytest.approx(1.0, abs=0.01)
    assert (found.left, found.top, found.right, found.bottom) == (10.0, 10.0, 30.0, 30.0)


def test_until_the_last_run_has_ended_every_prediction_stands_by_itself(runs):
    complete(runs[0], label(0.8), label(0.7, name="mass"))
    assert [(found.label, found.source, found.support) for found in standing(runs[0])] == [
        ("effusion", "classifier", ""),
        ("mass", "classifier", ""),
    ]


def test_predictions_stay_on_record_and_name_what_they_were_joined_in(runs):
    complete(runs[0], label(0.8))
    complete(runs[1], box(0.6), box(0.1, OUTSIDE))
    joined = Finding.objects.get(source="joined")
    assert set(joined.parts.values_list("source", flat=True)) == {"classifier", "detector"}
    assert Finding.objects.count() == 4
    assert [found.source for found in standing(runs[0])] == ["joined", "detector"]


def test_the_joined_finding_shows_the_map_of_its_label(runs):
    complete(runs[0], label(0.2, name="mass"), label(0.8))
    complete(runs[1], box(0.6))
    found = Finding.objects.get(source="joined")
    assert found.heatmap_index == 1
    assert heatmap_unpack(object_read(found.heatmap), found.heatmap_index).largest == pytest.approx(0.3)


@pytest.mark.parametrize(("probability", "at", "positive"), [(0.8, OUTSIDE, True), (0.2, INSIDE, False)])
def test_a_box_that_its_label_or_its_map_does_not_support_is_marked(runs, probability, at, positive):
    complete(runs[0], label(probability))
    complete(runs[1], box(0.6, at))
    (found,) = standing(runs[0])
    assert (found.support, found.second_positive) == ("box_only", positive)


def test_a_positive_label_without_a_positive_box_is_marked_and_stays_the_row_it_was(runs):
    complete(runs[0], label(0.8))
    before = standing(runs[0])[0].id
    complete(runs[1], box(0.1))
    found = standing(runs[0])
    assert [(one.source, one.support) for one in found] == [("classifier", "map_only"), ("detector", "")]
    assert found[0].id == before


def test_two_boxes_of_a_label_are_two_findings_and_the_label_is_joined_in_the_surer_one(runs):
    complete(runs[0], label(0.8))
    complete(runs[1], box(0.4), box(0.6, OUTSIDE))
    sure, other = standing(runs[0])
    assert (sure.probability, other.probability) == (0.6, 0.4)
    assert (sure.support, other.support) == ("box_only", "both")
    assert Finding.objects.get(source="classifier").joined_in == sure


def test_a_box_inside_another_of_its_label_is_joined_with_it(runs):
    complete(runs[0], label(0.8))
    complete(runs[1], box(0.6), box(0.4, BoundingBox(12.0, 12.0, 22.0, 22.0)))
    (found,) = standing(runs[0])
    assert (found.source, found.parts.count()) == ("joined", 3)


def test_a_label_that_the_detector_does_not_look_for_lacks_no_box(runs):
    complete(runs[0], label(0.8, name="mass"))
    complete(runs[1])
    assert [found.support for found in standing(runs[0])] == [""]


def test_a_detector_that_fails_for_good_or_is_cancelled_leaves_the_labels_as_they_were(runs, user_of):
    complete(runs[0], label(0.8))
    inference_cancel(study=runs[0].instance.series.study, actor=user_of("technologist"))
    assert [(found.source, found.support) for found in standing(runs[0])] == [("classifier", "")]


def test_a_frame_that_one_version_did_not_analyse_is_not_joined(runs):
    complete(runs[0], reason="unfamiliar: far away")
    complete(runs[1], box(0.6))
    assert standing(runs[0]) == []
    assert not Finding.objects.filter(source="joined").exists()


def test_a_map_that_is_lost_supports_nothing_and_stops_nothing(runs, monkeypatch):
    def lost(stored):
        raise IntegrityBroken

    complete(runs[0], label(0.8))
    monkeypatch.setattr("imaging.services.joining.object_read", lost)
    complete(runs[1], box(0.6))
    (found,) = standing(runs[0])
    assert (found.support, found.agreement) == ("box_only", None)


def test_a_rerun_is_joined_anew_and_the_old_findings_no_longer_stand(runs, user_of):
    complete(runs[0], label(0.8))
    complete(runs[1], box(0.6))
    old = standing(runs[0])[0].id
    inference_rerun(study=runs[0].instance.series.study, actor=user_of("technologist"))
    assert standing(runs[0]) == []
    again = InferenceRun.objects.get(state=RunState.QUEUED)
    complete(again, label(0.8))
    complete(second_run(again), box(0.5, BoundingBox(10.0, 10.0, 29.0, 30.0)))
    (found,) = standing(runs[0])
    assert (found.source, found.probability) == ("joined", 0.5)
    assert found.id != old


def test_the_study_says_what_speaks_against_the_box_that_raised_it(runs):
    complete(runs[0], label(0.2), triage="normal")
    complete(runs[1], box(0.6))
    study = runs[0].instance.series.study
    study.refresh_from_db()
    assert study.triage_class == "flagged"
    assert "at or above its operating point, without a positive label." in study.triage_reason


@pytest.mark.parametrize(("judged", "triage"), [(["effusion"], "normal"), (["effusion", "mass"], "flagged")])
def test_a_box_of_a_label_that_the_rule_leaves_out_raises_nothing(chests, judged, triage):
    (run,) = chests(1)
    boxes = second_run(run, labels=("mass",))
    spec = {**run.model_version.spec, "triage": {"kind": "any_finding", "labels": judged}}
    ModelVersion.objects.filter(pk=run.model_version_id).update(spec=spec)
    complete(run, label(0.8, name="mass"), triage="normal")
    complete(boxes, box(0.6, name="mass"))
    study = run.instance.series.study
    study.refresh_from_db()
    assert study.triage_class == triage


def test_the_audit_says_how_many_findings_were_joined(runs):
    complete(runs[0], label(0.8))
    complete(runs[1], box(0.4), box(0.6, OUTSIDE))
    events = AuditEvent.objects.filter(action=Action.INFERENCE_COMPLETED.value).order_by("sequence")
    assert [event_detail(event)["joined"] for event in events] == [0, 2]
