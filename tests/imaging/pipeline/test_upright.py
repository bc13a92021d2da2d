"""Turned films are read upright, and what is found lies where it is in the stored film."""

import numpy as np
import pytest

from imaging.pipeline.guard import Correction
from imaging.pipeline.run import run_pipeline
from imaging.pipeline.upright import corrected, turned_box
from imaging.pipeline.values import BoundingBox, Frame, PipelineResult
from tests.imaging.pipeline.guard_model import make_guard_model, marked_frame
from tests.imaging.pipeline.model_samples import FixedEngine, make_detector, make_model

MODELS = [
    make_model(architecture="fixed"),
    make_detector(engine=FixedEngine(boxes=[([16.0, 24.0, 48.0, 96.0], 0, 0.9)])),
]


def read(frame: Frame, **keywords) -> PipelineResult:
    result = run_pipeline([frame], models=MODELS, **keywords)[0]
    assert isinstance(result, PipelineResult)
    return result


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_frame_is_corrected_by_exchanging_black_and_white_and_turning_counter_clockwise(turns, inverted):
    grey = np.random.default_rng(1).random((3, 5)).astype(np.float32)
    stored = np.rot90(1 - grey if inverted else grey, -turns)
    np.testing.assert_allclose(corrected(Frame(grey=stored), Correction(turns, inverted)).grey, grey, atol=1e-6)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_box_turns_with_its_pixels(turns):
    grey = np.zeros((6, 9), np.float32)
    grey[1:3, 4:8] = 1
    rows, columns = np.nonzero(np.rot90(grey, turns))
    expected = BoundingBox(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert turned_box(BoundingBox(4, 1, 8, 3), turns, rows=6, columns=9) == expected


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_turned_frame_is_read_as_the_upright_one_and_findings_lie_in_the_stored_frame(turns, inverted):
    upright = marked_frame()
    stored = corrected(upright, Correction(-turns % 4, inverted))
    expected, found = read(upright), read(stored, guard=make_guard_model(), case_type="chest")
    assert found.corrections == Correction(turns, inverted).names
    assert found.scores == pytest.approx(expected.scores, abs=1e-5)
    assert found.triage == expected.triage
    for before, after in zip(expected.findings, found.findings, strict=True):
        if before.box is not None:
            assert after.box == turned_box(before.box, -turns, rows=256, columns=256)
        if before.heatmap is not None:
            turned = np.rot90(before.heatmap.contributions, -turns)
            np.testing.assert_allclose(after.heatmap.contributions, turned, atol=1e-5)


def test_an_upright_frame_is_left_alone():
    result = read(marked_frame(), guard=make_guard_model(), case_type="chest")
    assert (result.status, result.corrections) == ("analysed", ())


def test_bones_stay_as_they_were_taken():
    stored = corrected(marked_frame(), Correction(turns=1))
    assert read(stored, guard=make_guard_model("bone"), case_type="bone").corrections == ()


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        (make_guard_model("bone"), "wrong_body_part"),
        (make_guard_model("other"), "not_a_radiograph"),
        (make_guard_model("partial"), "cropped"),
        (make_guard_model(far_away=True), "unfamiliar"),
        (make_guard_model(fooled=True), "orientation_unclear"),
    ],
)
def test_a_refused_frame_is_not_analysed_and_never_called_normal(guard, code):
    result = read(marked_frame(), guard=guard, case_type="chest")
    assert (result.status, result.triage, result.findings, result.corrections) == ("not_analysed", None, (), ())
    assert str(result.reason).startswith(f"{code}: ")


@pytest.mark.parametrize("keywords", [{}, {"guard": make_guard_model("other")}, {"case_type": "chest"}])
def test_without_a_guard_or_a_case_type_nothing_is_held_back(keywords):
    assert read(marked_frame(), **keywords).status == "analysed"


def test_a_guard_has_no_say_on_a_case_type_that_it_does_not_know():
    assert read(marked_frame(), guard=make_guard_model("other"), case_type="dental_bitewing").status == "analysed"


def test_a_batch_goes_through_the_guard_together_and_again_only_for_what_was_set_right():
    guard = make_guard_model()
    frames = [marked_frame(seed=seed) for seed in range(3)]
    frames[1] = corrected(frames[1], Correction(turns=2))
    results = run_pipeline(frames, models=MODELS, guard=guard, case_type="chest")
    assert [result.corrections for result in results] == [(), ("rotated_180",), ()]
    assert guard.engine.batches == [3, 1]
