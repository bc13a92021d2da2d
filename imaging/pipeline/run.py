"""The path of one frame through the models, on one screen: arrays in, findings out."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from imaging.pipeline import explain, predict
from imaging.pipeline import guard as intake
from imaging.pipeline.assemble import assemble
from imaging.pipeline.errors import ExplanationImpossible, PipelineError, as_pipeline_error
from imaging.pipeline.frame_read import ClassifierRead, DetectorRead, FrameRead, GuardLook
from imaging.pipeline.guard import Correction
from imaging.pipeline.localize import locate
from imaging.pipeline.preprocess import InversionRule, PreprocessSettings, preprocess
from imaging.pipeline.quality import unfamiliar_reason, unusable_reason
from imaging.pipeline.values import Frame, ModelInput, PipelineResult
from registry.runtime.values import InputSpec, LoadedModel

__all__ = ["PipelineError", "look_first", "run_pipeline"]

# A turned film may seem a negative until it is upright: one correction shows whether another is needed.
MOST_CORRECTIONS = 2


def run_pipeline(
    frames: Sequence[Frame],
    *,
    models: Sequence[LoadedModel],
    guard: LoadedModel | None = None,
    case_type: str | None = None,
    decode_ms: Sequence[float] = (),
) -> list[PipelineResult | PipelineError]:
    """Read a batch of frames of one case type with the models that are routed to it.

    Args:
        frames: as displayed (imaging.pipeline.decode); one result each, in the same order.
        models: at least one; classifiers before detectors, so that an unfamiliar frame never reaches a detector.
        guard: looks at every frame first: turns it upright, or says why it must not be read. None reads as stored.
        case_type: what the frames were sent as; without it a guard has nothing to hold them to.
        decode_ms: what decoding took, one a frame, for the timings.
    Returns:
        a PipelineResult a frame, or a PipelineError in the place of a frame that failed; it never holds up the others.
    """
    taken = [*decode_ms, *[0.0] * (len(frames) - len(decode_ms))]
    reads = [FrameRead(frame=frame, spent={"decode": ms}) for frame, ms in zip(frames, taken, strict=True)]
    for read in reads:
        with read.stage("preprocess"):
            read.reason = unusable_reason(read.frame)
    if guard is not None and case_type is not None and intake.judges(guard.spec, case_type):
        # Films of one case type look alike, so the models' rule for negatives is surer than one for all would be.
        rules = (negatives_rule(model.spec.input) for model in models)
        look_first(_open(reads), guard, case_type, next((rule for rule in rules if rule is not None), None))
    for model in models:
        for read in _open(reads):
            with read.stage("preprocess"):
                _prepare(read, model.spec.input)
        (_detect if model.spec.task == "detector" else _classify)(_open(reads), model)
    for read in _open(reads):
        with read.stage("explain"):
            _explain(read)
    for read in _open(reads):
        with read.stage("assemble"):
            assemble(read)
    return [read.outcome() for read in reads]


def _open(reads: Iterable[FrameRead]) -> list[FrameRead]:
    return [read for read in reads if read.is_open]


def _prepare(read: FrameRead, spec: InputSpec) -> None:
    """Once per input specification: models that see the same share it."""
    if all(known != spec for known, _ in read.inputs):
        read.inputs.append(
            (spec, _model_input(read.frame, spec, None if read.polarity_known else negatives_rule(spec)))
        )


def negatives_rule(spec: InputSpec) -> InversionRule | None:
    """What tells negatives in front of a model."""
    return PreprocessSettings.from_dict(spec.preprocess).invert


def _model_input(frame: Frame, spec: InputSpec, negatives: InversionRule | None) -> ModelInput:
    settings = replace(PreprocessSettings.from_dict(spec.preprocess), invert=negatives)
    return preprocess(frame, size=spec.size, settings=settings, mean=spec.mean, std=spec.std)


def look_first(reads: Sequence[FrameRead], guard: LoadedModel, case_type: str, negatives: InversionRule | None) -> None:
    """Sets right what is turned or inverted, looks again, and closes what must not be read."""
    waiting = list(reads)
    for _ in range(MOST_CORRECTIONS):
        looks = _seen_by_guard(waiting, guard, negatives)
        waiting = []
        for look in looks:
            wanted = _wanted(look, guard, case_type)
            if wanted.is_none:
                look.read.reason = intake.refusal(guard.spec, look.output, guard.familiarity, case_type)
            else:
                with look.read.stage("preprocess"):
                    look.read.set_right(wanted)
                waiting.append(look.read)
    for look in _seen_by_guard(waiting, guard, negatives):
        reason = intake.refusal(guard.spec, look.output, guard.familiarity, case_type)
        is_right = _wanted(look, guard, case_type).is_none
        look.read.reason = reason or (None if is_right else intake.unclear_reason())


def _seen_by_guard(reads: Sequence[FrameRead], guard: LoadedModel, negatives: InversionRule | None) -> list[GuardLook]:
    """One look a frame that is still open; a frame that the guard fails on gets its error."""
    inputs = []
    for read in reads:
        with read.stage("preprocess"):
            read.polarity_known = negatives is not None
            inputs.append((read, _model_input(read.frame, guard.spec.input, negatives)))
    started = time.perf_counter()
    outputs = predict.classify(guard, [seen for _, seen in inputs])
    looks = []
    for (read, seen), output in zip(inputs, outputs, strict=True):
        if isinstance(output, Exception):
            read.error = as_pipeline_error(output)
        else:
            looks.append(GuardLook(read, seen, output))
    _share("classify", [read for read, _ in inputs], started)
    return looks


def _wanted(look: GuardLook, guard: LoadedModel, case_type: str) -> Correction:
    return intake.wanted_correction(guard.spec, look.output.logits, case_type, seen_inverted=look.seen.inverted)


def _classify(reads: Sequence[FrameRead], model: LoadedModel) -> None:
    inputs = [read.seen_by(model) for read in reads]
    started = time.perf_counter()
    outputs = predict.classify(model, inputs)
    _share("classify", reads, started)
    for read, seen, output in zip(reads, inputs, outputs, strict=True):
        if isinstance(output, Exception):
            read.error = as_pipeline_error(output)
            continue
        pooled = output.features if output.pooled is None else output.pooled
        if pooled is not None:
            read.reason = unfamiliar_reason(pooled, model.familiarity)
        read.classified.append(ClassifierRead(model=model, seen=seen, output=output))


def _detect(reads: Sequence[FrameRead], model: LoadedModel) -> None:
    inputs = [read.seen_by(model) for read in reads]
    started = time.perf_counter()
    outputs = predict.detect(model, inputs)
    _share("detect", reads, started)
    for read, seen, output in zip(reads, inputs, outputs, strict=True):
        if isinstance(output, Exception):
            read.error = as_pipeline_error(output)
            continue
        with read.stage("detect"):
            boxes = locate(output, spec=model.spec, source=seen.source)
            read.detected.append(DetectorRead(model=model, boxes=boxes))


def _explain(read: FrameRead) -> None:
    for entry in read.classified:
        maps = _cell_maps(entry.model, entry.seen, entry.output)
        entry.explanations = explain.explanations(maps, seen=entry.seen, size=entry.model.spec.input.size)


def _cell_maps(model: LoadedModel, seen: ModelInput, output: predict.Classified) -> explain.CellMaps:
    if output.maps is not None:
        return output.maps
    if output.features is not None and output.head_weight is not None:
        return explain.contributions(output.features, output.head_weight)
    network = getattr(model.engine, "network", None)
    if network is None:
        raise ExplanationImpossible
    # No pooling tail: one backward pass a label. Imported here because it needs torch, which came with the model.
    from imaging.pipeline import explain_reference

    return explain_reference.reference_maps(network, seen.array, labels=range(len(model.spec.labels))).signed


def _share(stage: str, reads: Sequence[FrameRead], started: float) -> None:
    """A batch's time, in equal parts to its frames."""
    spent = time.perf_counter() - started
    for read in reads:
        read.book(stage, spent / len(reads))
