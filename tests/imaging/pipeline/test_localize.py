import numpy as np
import pytest

from imaging.pipeline.localize import locate
from imaging.pipeline.preprocess import square_map
from registry.runtime.engines.base import DetectorOutput
from registry.runtime.values import Calibration
from tests.registry.runtime.artefact_samples import make_spec

SPEC = make_spec(
    task="detector", triage=None, labels=("fracture",), calibration={"fracture": Calibration(temperature=1.0)}
)


def output(boxes: list[list[float]], scores: list[float]) -> DetectorOutput:
    return DetectorOutput(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        labels=np.zeros(len(scores), np.int64),
        scores=np.array(scores, np.float32),
    )


def test_a_box_comes_back_to_the_pixels_it_was_drawn_on():
    source = square_map(100, 50, 500, 250, rows=300, columns=600, size=128)
    corners = (130.0, 60.0, 330.5, 201.25)
    box = [*source.to_input(corners[0], corners[1]), *source.to_input(corners[2], corners[3])]
    located = locate(output([box], [0.9]), spec=SPEC, source=source)[0]
    assert (located.box.left, located.box.top, located.box.right, located.box.bottom) == pytest.approx(
        corners, abs=1e-3
    )
    assert (located.label, located.probability) == ("fracture", pytest.approx(0.9))


def test_boxes_are_clipped_to_the_frame_and_dropped_when_they_are_all_padding():
    source = square_map(0, 0, 100, 200, rows=200, columns=100, size=128)
    located = locate(output([[0, 0, 128, 128], [0, 0, 20, 128]], [0.9, 0.8]), spec=SPEC, source=source)
    assert len(located) == 1
    box = located[0].box
    assert (box.left, box.top, box.right, box.bottom) == (0.0, 0.0, 100.0, 200.0)


def test_only_the_hundred_most_probable_boxes_above_one_percent_are_kept():
    scores = [0.005, *np.linspace(0.02, 0.9, 120).tolist()]
    source = square_map(0, 0, 128, 128, rows=128, columns=128, size=128)
    located = locate(output([[0, 0, 10, 10]] * 121, scores), spec=SPEC, source=source)
    probabilities = [entry.probability for entry in located]
    assert len(located) == 100
    assert probabilities == sorted(probabilities, reverse=True)
    assert min(probabilities) > 0.15


def test_a_frame_without_boxes_has_none():
    source = square_map(0, 0, 128, 128, rows=128, columns=128, size=128)
    assert locate(output([], []), spec=SPEC, source=source) == []
