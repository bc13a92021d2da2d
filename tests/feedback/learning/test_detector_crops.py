"""Crops for detectors: what they show, and what they say nothing about."""

import numpy as np

from feedback.learning.detector_crops import IGNORED, crop_sample
from feedback.learning.inputs import TrainingInput
from imaging.pipeline.values import BoundingBox, SourceMap

SOURCE = SourceMap(1.0, 0.0, 0.0, 0.0, 0.0, 96.0, 96.0, rows=96, columns=96)


def entry_of(*boxes: tuple[str, BoundingBox]) -> TrainingInput:
    grey = np.arange(96 * 96, dtype=np.float32).reshape(96, 96)
    return TrainingInput(np.stack([grey] * 3), boxes, SOURCE)


def test_without_a_side_the_whole_input_is_shown() -> None:
    box = BoundingBox(10, 20, 30, 40)
    sample = crop_sample(entry_of(("caries", box)), ("caries",), 0, np.random.default_rng(0))
    assert sample.array.shape == (3, 96, 96) and sample.boxes == (("caries", (10, 20, 30, 40)),)


def test_boxes_move_with_the_crop() -> None:
    entry, box = entry_of(("caries", BoundingBox(50, 60, 60, 70))), BoundingBox(50, 60, 60, 70)
    seen = 0
    for seed in range(40):
        sample = crop_sample(entry, ("caries",), 48, np.random.default_rng(seed))
        top, left = divmod(int(sample.array[0, 0, 0]), 96)
        for _, corners in sample.boxes:
            seen += 1
            whole = (box.left - left, box.top - top, box.right - left, box.bottom - top)
            assert corners == tuple(np.clip(whole, 0, 48))
    assert seen >= 25  # most crops of a film with a box show it


def test_a_box_that_is_mostly_out_of_view_says_nothing() -> None:
    entry = entry_of(("caries", BoundingBox(0, 0, 96, 96)))
    sample = crop_sample(entry, ("caries",), 48, np.random.default_rng(0))
    assert sample.boxes == () and sample.ignored == ((0.0, 0.0, 48.0, 48.0),)


def test_regions_to_ignore_are_kept_and_other_labels_are_not() -> None:
    entry = entry_of((IGNORED, BoundingBox(0, 0, 20, 20)), ("implant", BoundingBox(30, 30, 50, 50)))
    sample = crop_sample(entry, ("caries",), 0, np.random.default_rng(0))
    assert sample.boxes == () and sample.ignored == ((0, 0, 20, 20),)


def test_some_samples_show_the_whole_input_reduced() -> None:
    entry = entry_of(("caries", BoundingBox(0, 0, 96, 48)))
    sample = crop_sample(entry, ("caries",), 48, np.random.default_rng(0), whole_share=1.0)
    assert sample.array.shape == (3, 48, 48) and sample.boxes == (("caries", (0, 0, 48, 24)),)
    means = entry.array[0].reshape(48, 2, 48, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(sample.array[0], means, rtol=1e-5)


def test_a_share_of_none_draws_the_crops_that_it_always_drew() -> None:
    entry = entry_of(("caries", BoundingBox(50, 60, 60, 70)))
    plain, same = (
        crop_sample(entry, ("caries",), 48, np.random.default_rng(3), **more) for more in ({}, {"whole_share": 0.0})
    )
    assert plain.boxes == same.boxes and np.array_equal(plain.array, same.array)
