"""Where a study stands, from its runs: pure rules, so that they can be read and tested on one screen.

A frame counts as analysed only when every model that looks at it analysed it; "normal" is only ever said of a study
all of whose frames were, and never while a run is still to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from imaging.corrections import correction_words
from imaging.models import AnalysisState, RunState, TriageClass
from imaging.pipeline.values import case_type_words

SEVERITY = {"": 0, TriageClass.NORMAL: 1, TriageClass.FLAGGED: 2, TriageClass.URGENT: 3}
PENDING = (RunState.QUEUED, RunState.RUNNING)
ENDED_OTHERWISE = (RunState.NEEDS_HUMAN, RunState.CANCELLED)


@dataclass(frozen=True, slots=True)
class FrameStanding:
    """What one model said of one frame; box is the label and probability of its strongest positive box, box_doubt what
    is to be said against it (imaging.pipeline.join); corrections as PipelineResult has them.
    """

    index: int
    analysed: bool
    reason: str = ""
    triage_class: str = ""
    triage_reason: str = ""
    triage_scores: dict[str, float] = field(default_factory=dict)
    box: tuple[str, float] | None = None
    box_doubt: str = ""
    corrections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunStanding:
    """A run that was not superseded."""

    state: str
    reason: str = ""
    started: bool = False
    frames: tuple[FrameStanding, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceStanding:
    """An instance and its runs; without a run nobody looks at it, and why says `unseen`."""

    unseen: str = ""
    runs: tuple[RunStanding, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyStanding:
    """What the study's row says; study_scores only of studies of slices: one a label, with the slices it is of."""

    analysis_state: str
    analysis_reason: str
    triage_class: str = ""
    triage_reason: str = ""
    triage_scores: dict[str, float] = field(default_factory=dict)
    study_scores: dict[str, Any] = field(default_factory=dict)

    def replaced(self, **changes: Any) -> "StudyStanding":
        """The same with some columns changed."""
        return replace(self, **changes)

    def with_worst(self, frames: Sequence[FrameStanding], *, complete: bool) -> "StudyStanding":
        """With the triage of the worst frame; "normal" only when everything was analysed."""
        worst = _worst(frames)
        if worst is None or (worst.triage_class == TriageClass.NORMAL and not complete):
            return self
        return replace(
            self,
            triage_class=worst.triage_class,
            triage_reason=worst.triage_reason,
            triage_scores=worst.triage_scores,
        )


def study_standing(instances: Sequence[InstanceStanding]) -> StudyStanding:
    """State, reason and triage of a study."""
    runs = [run for instance in instances for run in instance.runs]
    unseen = _unseen(instances)
    state, reason = _state(runs, unseen, sum(_frames_of(instance) for instance in instances))
    complete = state == AnalysisState.ANALYSED and not unseen
    analysed = [frame for run in runs for frame in run.frames if frame.analysed]
    reason = reason or (_corrected(analysed) if complete else "")
    return StudyStanding(state, reason).with_worst(analysed, complete=complete)


def settled_standing(*, frames: int, unseen: Sequence[str], ended: tuple[str, str] | None = None) -> StudyStanding:
    """State and reason of a study none of whose runs is still to come.

    Args:
        frames: how many there are; unseen: one reason for each that was not analysed.
        ended: the state and the reason of runs that did not succeed.
    """
    return StudyStanding(*_settled(unseen, frames, ended))


def unseen_reason(case_type: str) -> str:
    """Why no model looks at an instance that has no run."""
    if not case_type:
        return "case_type_unknown: The file does not say what it shows. Choose a case type to have it analysed."
    return f"no_model: No model is routed for {case_type_words(case_type)} images at this site."


def _state(runs: Sequence[RunStanding], unseen: Sequence[str], frames: int) -> tuple[str, str]:
    if any(run.state in PENDING for run in runs):
        started = any(run.started for run in runs)
        return (AnalysisState.ANALYSING if started else AnalysisState.WAITING), ""
    otherwise = [(run.state, run.reason) for run in runs if run.state in ENDED_OTHERWISE]
    return _settled(unseen, frames, min(otherwise, key=lambda ended: ENDED_OTHERWISE.index(ended[0]), default=None))


def _settled(unseen: Sequence[str], frames: int, ended: tuple[str, str] | None) -> tuple[str, str]:
    if ended is not None and ended[0] == RunState.NEEDS_HUMAN:
        return AnalysisState.NEEDS_HUMAN, ended[1]
    if ended is not None:
        return AnalysisState.CANCELLED, "cancelled: The analysis was cancelled before every model had looked."
    if unseen and len(unseen) >= frames:
        return AnalysisState.NOT_ANALYSED, unseen[0]
    if unseen:
        return AnalysisState.ANALYSED, f"partly: {len(unseen)} of {frames} images were not analysed. {unseen[0]}"[:300]
    return AnalysisState.ANALYSED, ""


def _frames_of(instance: InstanceStanding) -> int:
    """How many frames are known of; an instance that nobody looks at counts as one."""
    return len({frame.index for run in instance.runs for frame in run.frames}) or 1


def _corrected(frames: Sequence[FrameStanding]) -> str:
    """What was done to frames before they were read, each way once; empty when nothing was."""
    done = dict.fromkeys(correction_words(frame.corrections) for frame in frames if frame.corrections)
    return f"corrected: {'; '.join(done)}" if done else ""


def _unseen(instances: Sequence[InstanceStanding]) -> list[str]:
    """One reason for every frame (or instance without runs) that some model did not analyse."""
    reasons = []
    for instance in instances:
        if not instance.runs:
            reasons.append(instance.unseen)
        missed = {frame.index: frame.reason for run in instance.runs for frame in run.frames if not frame.analysed}
        reasons.extend(missed[index] for index in sorted(missed))
    return reasons


def _worst(frames: Sequence[FrameStanding]) -> FrameStanding | None:
    judged = [raised for frame in frames if (raised := _raised(frame)).triage_class]
    return max(judged, key=lambda frame: (SEVERITY[frame.triage_class], _urgency(frame)), default=None)


def _raised(frame: FrameStanding) -> FrameStanding:
    """A positive box makes at least flagged of whatever the classifiers said."""
    if frame.box is None or SEVERITY[frame.triage_class] >= SEVERITY[TriageClass.FLAGGED]:
        return frame
    label, probability = frame.box
    found = f"{label.replace('_', ' ')} was localized with probability {probability:.2f}"
    found = f"{found}, at or above its operating point{frame.box_doubt}"
    return FrameStanding(
        index=frame.index,
        analysed=True,
        triage_class=TriageClass.FLAGGED,
        triage_reason=f"Raised to flagged: {found}. {frame.triage_reason}".strip(),
        triage_scores=frame.triage_scores,
    )


def _urgency(frame: FrameStanding) -> float:
    scores = frame.triage_scores
    return scores.get("urgent", 0.0) + scores.get("flagged", 0.0) + (frame.box[1] if frame.box else 0.0)
