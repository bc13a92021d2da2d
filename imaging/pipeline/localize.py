"""Boxes of the network -> bounding boxes in pixels of the stored frame."""

from dataclasses import dataclass

from imaging.pipeline.calibrate import probability_of_score
from imaging.pipeline.values import BoundingBox, SourceMap
from registry.runtime.engines.base import DetectorOutput
from registry.runtime.values import ModelSpec

LOWEST_PROBABILITY = 0.01
MOST_BOXES = 100


@dataclass(frozen=True, slots=True)
class LocatedBox:
    """One box of a detector: label, raw score in [0, 1], calibrated probability, place in the stored frame."""

    label: str
    score: float
    probability: float
    box: BoundingBox


def locate(output: DetectorOutput, *, spec: ModelSpec, source: SourceMap) -> list[LocatedBox]:
    """At most 100 boxes with a probability of at least 0.01, most probable first; suppression is the detector's work.

    A box that lies wholly in the padding has no extent in the frame and is left out.
    """
    located = [
        LocatedBox(
            label=(label := spec.labels[int(index)]),
            score=float(score),
            probability=probability_of_score(float(score), spec.calibration[label]),
            box=to_stored_frame(box, source),
        )
        for box, index, score in zip(output.boxes.tolist(), output.labels, output.scores, strict=True)
    ]
    kept = [
        entry
        for entry in located
        if entry.probability >= LOWEST_PROBABILITY and entry.box.width > 0 and entry.box.height > 0
    ]
    return sorted(kept, key=lambda entry: -entry.probability)[:MOST_BOXES]


def to_stored_frame(box: list[float], source: SourceMap) -> BoundingBox:
    """(left, top, right, bottom) in input pixels -> the stored frame, clipped to it."""
    left, top = source.to_source(box[0], box[1])
    right, bottom = source.to_source(box[2], box[3])
    return BoundingBox(left=left, top=top, right=right, bottom=bottom)
