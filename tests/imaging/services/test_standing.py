"""Where a study stands: rules without a database."""

import pytest

from imaging.services.standing import FrameStanding, InstanceStanding, RunStanding, study_standing


def frame(triage="normal", *, index=0, urgent=0.1, box=None, analysed=True, reason=""):
    scores = {"normal": 0.9 - urgent, "flagged": 0.1, "urgent": urgent}
    given = {"triage_class": triage, "triage_scores": scores} if triage else {}
    return FrameStanding(index=index, analysed=analysed, reason=reason, box=box, **given)


def done(*frames):
    return RunStanding(state="succeeded", started=True, frames=frames)


def standing(*runs):
    return study_standing([InstanceStanding(runs=runs)])


def test_the_worst_frame_decides():
    found = study_standing(
        [InstanceStanding(runs=(done(frame("normal")),)), InstanceStanding(runs=(done(frame("urgent")),))]
    )
    assert (found.analysis_state, found.triage_class) == ("analysed", "urgent")


def test_of_two_urgent_frames_the_surer_one_is_quoted():
    found = standing(done(frame("urgent", urgent=0.6), frame("urgent", index=1, urgent=0.8)))
    assert found.triage_scores["urgent"] == 0.8


def test_a_positive_box_raises_normal_to_flagged_with_its_reason():
    found = standing(done(frame("normal")), done(frame("", box=("fracture", 0.83))))
    assert found.triage_class == "flagged"
    assert "fracture was localized with probability 0.83" in found.triage_reason


def test_a_positive_box_does_not_lower_urgent():
    assert standing(done(frame("urgent")), done(frame("", box=("fracture", 0.99)))).triage_class == "urgent"


@pytest.mark.parametrize(("started", "state"), [(False, "waiting"), (True, "analysing")])
def test_while_a_run_is_to_come_nothing_is_called_normal(started, state):
    found = standing(done(frame("normal")) if started else RunStanding(state="queued"), RunStanding(state="queued"))
    assert (found.analysis_state, found.triage_class) == (state, "")


def test_urgent_is_said_at_once():
    found = standing(done(frame("urgent")), RunStanding(state="queued"))
    assert (found.analysis_state, found.triage_class) == ("analysing", "urgent")


def test_an_instance_that_nobody_looks_at_says_why():
    found = study_standing([InstanceStanding(unseen="no_model: none")])
    assert (found.analysis_state, found.analysis_reason) == ("not_analysed", "no_model: none")


def test_a_frame_that_one_of_two_models_refuses_is_not_analysed():
    found = standing(done(frame("", analysed=False, reason="unfamiliar: far away")), done(frame("")))
    assert (found.analysis_state, found.analysis_reason) == ("not_analysed", "unfamiliar: far away")


def test_a_study_of_which_a_part_was_not_analysed_is_never_normal():
    seen, unseen = InstanceStanding(runs=(done(frame("normal")),)), InstanceStanding(unseen="case_type_unknown: no")
    found = study_standing([seen, unseen])
    assert (found.analysis_state, found.triage_class) == ("analysed", "")
    assert found.analysis_reason.startswith("partly: 1 of 2 images were not analysed. case_type_unknown")


def test_a_failed_run_needs_a_human_and_normal_is_not_said():
    found = standing(done(frame("normal")), RunStanding(state="needs_human", reason="decode_failed: no", started=True))
    assert (found.analysis_state, found.analysis_reason, found.triage_class) == ("needs_human", "decode_failed: no", "")


def test_a_cancelled_run_leaves_the_study_cancelled_but_urgent_stays():
    found = standing(done(frame("urgent")), RunStanding(state="cancelled"))
    assert (found.analysis_state, found.triage_class) == ("cancelled", "urgent")


def test_a_study_says_what_was_done_to_its_frames_before_they_were_read():
    frames = tuple(
        FrameStanding(index=index, analysed=True, triage_class="normal", corrections=corrections)
        for index, corrections in enumerate([("rotated_180",), (), ("rotated_180",), ("inverted",)])
    )
    found = study_standing([InstanceStanding(runs=(done(*frames),))])
    assert found.analysis_reason == "corrected: turned by 180 degrees before reading; inverted before reading"
    assert (found.analysis_state, found.triage_class) == ("analysed", "normal")


def test_frames_that_were_not_analysed_are_said_before_corrections():
    frames = (
        FrameStanding(index=0, analysed=True, corrections=("inverted",)),
        FrameStanding(index=1, analysed=False, reason="blank: one grey value"),
    )
    found = study_standing([InstanceStanding(runs=(done(*frames),))])
    assert found.analysis_reason.startswith("partly: ")
