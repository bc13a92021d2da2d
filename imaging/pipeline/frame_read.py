"""The working record of one frame on its way through the pipeline: what is known, what it took, what went wrong."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from imaging.pipeline.errors import PipelineError, as_pipeline_error
from imaging.pipeline.explain import Explanation
from imaging.pipeline.guard import Correction
from imaging.pipeline.localize import LocatedBox
from imaging.pipeline.predict import Classified
from imaging.pipeline.upright import as_stored, corrected
from imaging.pipeline.values import (
    Frame,
    ModelInput,
    PipelineResult,
    PredictedFinding,
    Timings,
    Triage,
)
from registry.runtime.values import InputSpec, LoadedModel


@dataclass(slots=True)
class ClassifierRead:
    """One classifier's word on the frame; the explanations follow, one a label."""

    model: LoadedModel
    seen: ModelInput
    output: Classified
    explanations: Sequence[Explanation] = ()


@dataclass(slots=True)
class DetectorRead:
    """One detector's word on the frame."""

    model: LoadedModel
    boxes: Sequence[LocatedBox]


@dataclass(slots=True)
class FrameRead:
    """Filled in stage by stage; open until it has an error or a reason not to be analysed.

    Attributes:
        frame: what is read: the stored frame, set right by `correction`.
        polarity_known: negatives have been told when a guard looked, so that no model's own rule has to.
    """

    frame: Frame
    spent: dict[str, float]
    error: PipelineError | None = None
    reason: str | None = None
    correction: Correction = field(default_factory=Correction)
    polarity_known: bool = False
    inputs: list[tuple[InputSpec, ModelInput]] = field(default_factory=list)
    classified: list[ClassifierRead] = field(default_factory=list)
    detected: list[DetectorRead] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    predictions: tuple[PredictedFinding, ...] = ()
    findings: tuple[PredictedFinding, ...] = ()
    triage: Triage | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Books the time, and turns whatever is raised into this frame's error: the others of the batch go on."""
        started = time.perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a poison frame must not hold up its batch
            self.error = as_pipeline_error(error)
        finally:
            self.book(name, time.perf_counter() - started)

    def book(self, name: str, seconds: float) -> None:
        """Add to the milliseconds of a stage."""
        self.spent[name] = self.spent.get(name, 0.0) + 1000.0 * seconds

    def seen_by(self, model: LoadedModel) -> ModelInput:
        """The input that was prepared for a model."""
        return next(seen for spec, seen in self.inputs if spec == model.spec.input)

    def set_right(self, correction: Correction) -> None:
        """Read the frame with one more correction."""
        self.frame, self.correction = corrected(self.frame, correction), self.correction.then(correction)

    @property
    def corrections(self) -> tuple[str, ...]:
        """What was done to the stored frame, by a guard or by a model's own rule for negatives."""
        by_rule = any(seen.inverted for _, seen in self.inputs)
        return replace(self.correction, inverted=self.correction.inverted != by_rule).names

    @property
    def is_open(self) -> bool:
        return self.error is None and self.reason is None

    def outcome(self) -> PipelineResult | PipelineError:
        """What the caller gets in this frame's place."""
        if self.error is not None:
            return self.error
        analysed = self.reason is None
        return PipelineResult(
            status="analysed" if analysed else "not_analysed",
            reason=self.reason,
            triage=self.triage if analysed else None,
            scores=self.scores if analysed else {},
            findings=self._as_stored(self.findings) if analysed else (),
            timings=Timings(**self.spent),
            corrections=self.corrections if analysed else (),
            predictions=self._as_stored(self.predictions) if analysed else (),
        )

    def _as_stored(self, findings: Sequence[PredictedFinding]) -> tuple[PredictedFinding, ...]:
        return tuple(as_stored(finding, self.frame, self.correction) for finding in findings)


@dataclass(frozen=True, slots=True)
class GuardLook:
    """What a guard saw of a frame, and put out for it."""

    read: FrameRead
    seen: ModelInput
    output: Classified
