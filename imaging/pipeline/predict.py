"""ModelInput -> what the networks put out, frame by frame; a batch that fails is tried again one frame at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.errors import PredictionNotFinite
from imaging.pipeline.tiles import detect_tiled
from imaging.pipeline.values import ModelInput
from registry.runtime.engines.base import ClassifierOutput, DetectorOutput
from registry.runtime.values import LoadedModel

Output = TypeVar("Output")

# On two cores, larger batches of 448 px cost memory (300 MB from 4 to 8) and gain nothing.
MOST_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Classified:
    """One frame through one classifier.

    Attributes:
        logits: float32 (L,).
        triage_logits: float32 (3,) or None.
        features: float32 (C, h, w), or None for a network without a pooling tail.
        head_weight: float32 (L, C), or None likewise.
        maps: float32 (L, h, w), the signed contributions per cell, from an engine that computes them itself; else None.
        pooled: float32 (C,), the features' means over (h, w), from such an engine; else None.
    """

    logits: NDArray[np.float32] = field(repr=False)
    triage_logits: NDArray[np.float32] | None = field(repr=False)
    features: NDArray[np.float32] | None = field(repr=False)
    head_weight: NDArray[np.float32] | None = field(repr=False)
    maps: NDArray[np.float32] | None = field(default=None, repr=False)
    pooled: NDArray[np.float32] | None = field(default=None, repr=False)


def classify(model: LoadedModel, inputs: Sequence[ModelInput]) -> list[Classified | Exception]:
    """One entry per input, in order: what the classifier put out, or what went wrong with that one."""

    def forward(batch: NDArray[np.float32]) -> list[Classified | Exception]:
        return _per_frame(model.engine.classify(batch), len(batch))

    return _batched(forward, inputs)


def detect(model: LoadedModel, inputs: Sequence[ModelInput]) -> list[DetectorOutput | Exception]:
    """One entry per input, in order: the detector's boxes in input pixels, or what went wrong with that one."""

    if model.spec.input.tiles is not None:  # the windows of one frame are a batch already
        return [_detected_in_tiles(model, entry) for entry in inputs]

    def forward(batch: NDArray[np.float32]) -> list[DetectorOutput | Exception]:
        return [_checked_boxes(output) for output in model.engine.detect(batch)]

    return _batched(forward, inputs)


def _detected_in_tiles(model: LoadedModel, seen: ModelInput) -> DetectorOutput | Exception:
    try:
        return _checked_boxes(detect_tiled(model.engine, seen.array, model.spec, seen.source))
    except Exception as error:  # noqa: BLE001 - whatever a network raises belongs to the frame that made it
        return error


def _batched(
    forward: Callable[[NDArray[np.float32]], list[Output | Exception]], inputs: Sequence[ModelInput]
) -> list[Output | Exception]:
    if len(inputs) > MOST_AT_ONCE:
        head, tail = inputs[:MOST_AT_ONCE], inputs[MOST_AT_ONCE:]
        return [*_batched(forward, head), *_batched(forward, tail)]
    if not inputs:
        return []
    try:
        return forward(np.stack([entry.array for entry in inputs]))
    except Exception as error:  # noqa: BLE001 - whatever a network raises belongs to the frame that made it
        if len(inputs) == 1:
            return [error]
    return [_batched(forward, [entry])[0] for entry in inputs]


def _per_frame(output: ClassifierOutput, count: int) -> list[Classified | Exception]:
    results: list[Classified | Exception] = []
    for index in range(count):
        one = Classified(
            logits=output.logits[index],
            triage_logits=_entry(output.triage_logits, index),
            features=_entry(output.features, index),
            head_weight=output.head_weight,
            maps=_entry(output.maps, index),
            pooled=_entry(output.pooled, index),
        )
        arrays = (one.logits, one.triage_logits, one.features, one.maps, one.pooled)
        finite = all(np.isfinite(array).all() for array in arrays if array is not None)
        results.append(one if finite else PredictionNotFinite())
    return results


def _entry(array: NDArray[np.float32] | None, index: int) -> NDArray[np.float32] | None:
    return None if array is None else array[index]


def _checked_boxes(output: DetectorOutput) -> DetectorOutput | Exception:
    finite = np.isfinite(output.boxes).all() and np.isfinite(output.scores).all()
    return output if finite else PredictionNotFinite()
