"""What is fitted when a detector's weights are final, and what it is told of partly labelled films."""

from pathlib import Path

import numpy as np
import torch

from feedback.learning.detector_artefact import LabelReadings, as_served, fit_context_weight
from feedback.learning.detector_crops import DetectorSample
from feedback.learning.detector_training import detection_target
from feedback.learning.labelled_sets import LabelledImage
from registry.metrics.detection import FrameDetections
from tests.registry.runtime.architectures.detector_samples import SIDE, detector

BOX = np.array([[10.0, 10.0, 30.0, 30.0]])


def image(annotated: frozenset[str] | None = None) -> LabelledImage:
    return LabelledImage(Path("x.png"), "g", "train", frozenset(), None, (), annotated=annotated)


def readings(context_says: float) -> LabelReadings:
    """Boxes whose scores say a little; the film's own logit says as much again as `context_says`."""
    generator = np.random.default_rng(0)
    rows = []
    for number in range(200):
        has = number % 2 == 0
        frame = FrameDetections(BOX, generator.uniform(0.2, 0.6, 1) + 0.2 * has, BOX if has else np.zeros((0, 4)))
        context = context_says * (1 if has else -1) + generator.normal()
        rows.append((frame, context))
    return LabelReadings((image(),) * 200, tuple(f for f, _ in rows), np.array([c for _, c in rows]))


def test_context_gets_weight_where_it_helps_and_none_where_it_does_not() -> None:
    assert fit_context_weight(readings(0.0)) < 0.1 < 0.3 < fit_context_weight(readings(1.0))


def test_context_that_speaks_against_itself_gets_no_weight() -> None:
    assert fit_context_weight(readings(-1.0)) == 0.0


def test_a_box_in_an_ignored_region_is_neither_right_nor_wrong() -> None:
    frame = FrameDetections(BOX, np.array([0.9]), np.zeros((0, 4)), ignored=BOX)
    scores, hits, context = LabelReadings((image(),), (frame,), np.array([1.0])).boxes()
    assert len(scores) == len(hits) == len(context) == 0


def test_a_target_holds_only_labels_that_the_image_was_annotated_for() -> None:
    sample = DetectorSample(
        np.zeros((3, 8, 8), np.float32), (("caries", (0, 0, 4, 4)), ("crown", (1, 1, 5, 5))), ((2.0, 2.0, 3.0, 3.0),)
    )
    told = detection_target(sample, image(frozenset({"caries"})), ("crown", "caries"))
    assert told["labels"].tolist() == [2] and told["boxes"].tolist() == [[0, 0, 4, 4]]
    assert told["known"].tolist() == [False, True] and told["ignored"].tolist() == [[2, 2, 3, 3]]


def test_what_is_calibrated_is_what_serves() -> None:
    network = detector("anchor_free_yolo").eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    as_served(network)
    changed = [name for name, value in network.state_dict().items() if not torch.equal(value, before[name])]
    assert any(name.startswith("body.dense.late32") for name in changed)
    once = {name: value.clone() for name, value in network.state_dict().items()}
    as_served(network)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, once[name], atol=1e-3, rtol=1e-2)
    with torch.inference_mode():
        assert len(network([torch.randn(3, SIDE, SIDE)])[0]["boxes"]) > 0
