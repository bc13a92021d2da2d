import numpy as np
import pytest
import torch
from torchvision.ops import batched_nms, nms

from registry.runtime.architectures.detector_body import suppressed
from registry.runtime.engines.suppression import SuppressionRule, best_of_overlapping, suppress

SIDE = 448.0


def candidates(seed: int, count: int, n_labels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes that overlap a lot, about a few centres."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(60, SIDE - 60, (8, 2))[rng.integers(0, 8, count)] + rng.normal(0, 12, (count, 2))
    halves = rng.uniform(4, 40, (count, 2))
    boxes = np.concatenate([centres - halves, centres + halves], axis=1).clip(0, SIDE).astype(np.float32)
    return boxes, rng.random(count).astype(np.float32), rng.integers(0, n_labels, count)


def by_torchvision(boxes, scores, labels, overlap):
    """Each label alone, as torchvision itself does with many boxes."""
    kept = [
        rows[nms(torch.from_numpy(boxes[rows]), torch.from_numpy(scores[rows]), overlap).numpy()]
        for rows in (np.flatnonzero(labels == label) for label in np.unique(labels))
    ]
    every = np.concatenate(kept)
    return every[np.argsort(-scores[every], kind="stable")]


@pytest.mark.parametrize("overlap", [0.3, 0.35, 0.5, 0.7])
@pytest.mark.parametrize(("count", "n_labels"), [(1, 1), (60, 1), (600, 3), (1000, 3)])
def test_the_same_boxes_are_kept_as_by_torchvision(overlap, count, n_labels):
    for seed in range(5):
        boxes, scores, labels = candidates(seed, count, n_labels)
        kept = best_of_overlapping(boxes, scores, labels, overlap=overlap, most=count)
        np.testing.assert_array_equal(kept, by_torchvision(boxes, scores, labels, overlap))
        tensors = (torch.from_numpy(boxes), torch.from_numpy(scores), torch.from_numpy(labels))
        np.testing.assert_array_equal(kept, batched_nms(*tensors, overlap).numpy())


def test_floor_and_number_are_kept_to_as_the_detectors_do_themselves():
    boxes, scores, labels = candidates(3, 300, 1)
    found = suppress(boxes, scores, labels, SuppressionRule(score_floor=0.4, nms_overlap=0.35, most_boxes=12))
    tensors = torch.from_numpy(boxes), torch.from_numpy(scores)[:, None]
    expected = suppressed(*tensors, side=int(SIDE), score_floor=0.4, nms_overlap=0.35, most_boxes=12)
    np.testing.assert_array_equal(found.boxes, expected["boxes"].numpy())
    np.testing.assert_array_equal(found.scores, expected["scores"].numpy())
    np.testing.assert_array_equal(found.labels, expected["labels"].numpy() - 1)
    assert found.scores.min() > 0.4 and len(found.boxes) <= 12


def test_boxes_of_other_labels_do_not_suppress_each_other():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10]], np.float32)
    scores = np.array([0.5, 0.9], np.float32)
    assert list(best_of_overlapping(boxes, scores, np.array([0, 1]), overlap=0.3, most=9)) == [1, 0]
    assert list(best_of_overlapping(boxes, scores, np.array([1, 1]), overlap=0.3, most=9)) == [1]


def test_no_candidate_is_no_box_and_empty_boxes_are_no_error():
    nothing = np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)
    assert suppress(*nothing, SuppressionRule(0.0, 0.3, 9)).boxes.shape == (0, 4)
    flat = np.zeros((2, 4), np.float32), np.array([0.9, 0.8], np.float32), np.zeros(2, np.int64)
    assert len(suppress(*flat, SuppressionRule(0.0, 0.3, 9)).boxes) == 2
