"""The path of one frame through the models, on one screen: arrays in, findings out."""

import time
from collections.abc import Iterable, Sequence

from imaging.pipeline import explain, predict
from imaging.pipeline.assemble import assemble
from imaging.pipeline.errors import ExplanationImpossible, PipelineError, as_pipeline_error
from imaging.pipeline.frame_read import ClassifierRead, DetectorRead, FrameRead
from imaging.pipeline.localize import locate
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.quality import unfamiliar_reason, unusable_reason
from imaging.pipeline.values import Frame, ModelInput, PipelineResult
from registry.runtime.values import InputSpec, LoadedModel

__all__ = ["PipelineError", "run_pipeline"]


def run_pipeline(
    frames: Sequence[Frame], *, models: Sequence[LoadedModel], decode_ms: Sequence[float] = ()
) -> list[PipelineResult | PipelineError]:
    """Read a batch of frames of one case type with the models that are routed to it.

    Args:
        frames: as displayed (imaging.pipeline.decode); one result each, in the same order.
        models: at least one; classifiers before detectors, so that an unfamiliar frame never reaches a detector.
        decode_ms: what decoding took, one a frame, for the timings.
    Returns:
        a PipelineResult a frame, or a PipelineError in the place of a frame that failed; it never holds up the others.
    """
    taken = [*decode_ms, *[0.0] * (len(frames) - len(decode_ms))]
    reads = [FrameRead(frame=frame, spent={"decode": ms}) for frame, ms in zip(frames, taken, strict=True)]
    for read in reads:
        with read.stage("preprocess"):
            read.reason = unusable_reason(read.frame)
    for model in models:
        for read in _open(reads):
            with read.stage("preprocess"):
                _prepare(read, model.spec.input)
        (_classify if model.spec.task == "classifier" else _detect)(_open(reads), model)
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
        settings = PreprocessSettings.from_dict(spec.preprocess)
        seen = preprocess(read.frame, size=spec.size, settings=settings, mean=spec.mean, std=spec.std)
        read.inputs.append((spec, seen))


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
