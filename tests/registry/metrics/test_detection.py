"""Box metrics against worked examples."""

import numpy as np
import pytest
from torchvision.ops import box_iou

from registry.metrics.detection import (
    FALSE,
    NEITHER,
    FrameDetections,
    detection_average_precision,
    froc,
    intersection_over_union,
    match_findings,
    share_inside,
    threshold_for_false_positives,
)
from registry.metrics.errors import SampleUnusable

DRAWN = np.array([[0.0, 0, 10, 10], [20, 20, 30, 30]])


def frame(boxes: list, scores: list, drawn: np.ndarray = DRAWN) -> FrameDetections:
    return FrameDetections(np.array(boxes, dtype=float).reshape(-1, 4), np.array(scores, dtype=float), drawn)


def test_overlaps_agree_with_torchvision() -> None:
    import torch

    corners = np.sort(np.random.default_rng(0).random((2, 12, 2, 2)) * 50, axis=2).reshape(2, 12, 4)
    expected = box_iou(torch.from_numpy(corners[0]), torch.from_numpy(corners[1])).numpy()
    np.testing.assert_allclose(intersection_over_union(corners[0], corners[1]), expected, atol=1e-12)


def test_a_drawn_box_is_found_once_by_the_best_score() -> None:
    found = match_findings(frame([[0, 0, 10, 9], [0, 0, 10, 10], [50, 50, 60, 60]], [0.6, 0.9, 0.8]), overlap=0.5)
    assert found.tolist() == [-1, 0, -1]


def test_a_box_in_an_ignored_region_is_neither_right_nor_wrong_unless_it_finds_something() -> None:
    region = np.array([[0.0, 0, 60, 60]])
    boxes = np.array([[0.0, 0, 10, 10], [40, 40, 50, 50], [55, 55, 65, 65]])
    seen = FrameDetections(boxes, np.array([0.9, 0.8, 0.7]), DRAWN, region)
    assert match_findings(seen, overlap=0.5).tolist() == [0, NEITHER, FALSE]
    assert froc([seen], threshold=0.0) == (0.5, 1.0)
    assert detection_average_precision([seen]) == 0.5
    assert threshold_for_false_positives([seen], per_frame=0.0) == 0.8


def test_the_share_inside_is_of_the_box_and_nothing_of_an_empty_one() -> None:
    boxes = np.array([[0.0, 0, 10, 10], [5, 5, 5, 5]])
    assert share_inside(boxes, np.array([[5.0, 0, 50, 50]])).tolist() == [[0.5], [0.0]]


def test_perfect_boxes_have_an_average_precision_of_one_and_half_of_them_of_a_half() -> None:
    assert detection_average_precision([frame(DRAWN.tolist(), [0.9, 0.8])]) == 1.0
    assert detection_average_precision([frame([[0, 0, 10, 10]], [0.9])]) == 0.5


def test_false_boxes_above_the_true_one_lower_the_average_precision() -> None:
    boxes = [[50, 50, 60, 60], [0, 0, 10, 10]]
    assert detection_average_precision([frame(boxes, [0.9, 0.8])]) == pytest.approx(0.25)


def test_no_prediction_that_hits_gives_zero_and_no_drawn_box_is_refused() -> None:
    assert detection_average_precision([frame([[50, 50, 60, 60]], [0.9])]) == 0.0
    with pytest.raises(SampleUnusable):
        detection_average_precision([frame([], [], np.zeros((0, 4)))])


def test_froc_counts_found_boxes_and_false_boxes_per_frame() -> None:
    frames = [frame([[0, 0, 10, 10], [50, 50, 60, 60]], [0.9, 0.7]), frame([[1, 1, 2, 2]], [0.2], np.zeros((0, 4)))]
    assert froc(frames, threshold=0.5) == (0.5, 0.5)
    assert froc(frames, threshold=0.95) == (0.0, 0.0)


@pytest.mark.parametrize(("allowed", "expected"), [(0.0, 0.9), (0.5, 0.8), (1.0, 0.3), (5.0, 0.3)])
def test_the_threshold_keeps_false_boxes_at_the_number_asked_for(allowed: float, expected: float) -> None:
    frames = [
        frame([[0, 0, 10, 10], [50, 50, 60, 60], [20, 20, 30, 30]], [0.9, 0.85, 0.8]),
        frame([[1, 1, 2, 2]], [0.3], np.zeros((0, 4))),
    ]
    threshold = threshold_for_false_positives(frames, per_frame=allowed)
    assert threshold == expected
    assert froc(frames, threshold=threshold)[1] <= allowed
