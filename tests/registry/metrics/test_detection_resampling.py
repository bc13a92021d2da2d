"""The weighted detection metrics equal the plain ones with the frames repeated."""

import numpy as np
import pytest

from registry.metrics.detection import FrameDetections, detection_average_precision, froc
from registry.metrics.detection_resampling import (
    average_precision_interval,
    boxes_at,
    matched_detections,
)
from registry.metrics.errors import SampleUnusable
from registry.metrics.resampling import Resamples, resamples_of


def frames(n: int = 12) -> list[FrameDetections]:
    generator = np.random.default_rng(0)
    found = []
    for number in range(n):
        corner = generator.random((number % 3, 2)) * 50
        drawn = np.hstack([corner, corner + 20])
        near = drawn + generator.normal(0, 3, drawn.shape)
        corner = generator.random((3, 2)) * 50
        boxes = np.vstack([near, np.hstack([corner, corner + 15])])
        found.append(FrameDetections(boxes, np.round(generator.random(len(boxes)), 1), drawn))
    return found


def test_every_resample_gives_what_the_repeated_frames_give() -> None:
    everything = frames()
    matched = matched_detections(everything, overlap=0.3)
    weights = resamples_of(range(12), resamples=6).weights
    for row in weights:
        repeated = [frame for frame, count in zip(everything, row, strict=True) for _ in range(count)]
        one = Resamples(row[None])
        assert average_precision_interval(matched, one).low == pytest.approx(
            detection_average_precision(repeated, overlap=0.3)
        )
        found, false = boxes_at(matched, one, threshold=0.5)
        assert (found.low, false.low) == pytest.approx(froc(repeated, threshold=0.5, overlap=0.3))


def test_no_drawn_box_is_no_sample() -> None:
    with pytest.raises(SampleUnusable):
        matched_detections([FrameDetections(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 4)))], overlap=0.5)
