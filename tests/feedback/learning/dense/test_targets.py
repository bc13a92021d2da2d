"""What cells are told: boxes, their margins, what is ignored, and labels that nobody looked for."""

from pathlib import Path

import numpy as np

from feedback.learning.dense.targets import cell_targets, known_labels
from feedback.learning.labelled_sets import LabelledImage
from imaging.pipeline.values import BoundingBox

LABELS = ("caries", "restoration")
BOTH = np.array([True, True])


def image(annotated: frozenset[str] | None) -> LabelledImage:
    return LabelledImage(Path("film.png"), "g1", "train", frozenset(), None, (), annotated=annotated)


def test_cells_in_a_box_are_positive_and_far_ones_negative_for_that_label_alone() -> None:
    targets = cell_targets((("caries", BoundingBox(32, 32, 64, 64)),), LABELS, BOTH, size=160)
    assert targets.shape == (2, 10, 10)
    assert (targets[0, 2:4, 2:4] == 1).all() and (targets[0] == 1).sum() == 4
    assert targets[0, 8, 8] == 0 and (targets[1] == 0).all()


def test_cells_beside_a_box_are_told_nothing() -> None:
    targets = cell_targets((("caries", BoundingBox(32, 32, 64, 64)),), LABELS, BOTH, size=160)
    assert (targets[0, 1, 2:4] == -1).all() and (targets[0, 0] == 0).all()


def test_an_ignored_region_says_nothing_about_any_label_but_a_box_in_it_counts() -> None:
    boxes = (("ignore", BoundingBox(64, 64, 128, 128)), ("restoration", BoundingBox(64, 64, 80, 80)))
    targets = cell_targets(boxes, LABELS, BOTH, size=160)
    assert (targets[0, 4:8, 4:8] == -1).all()
    assert targets[1, 4, 4] == 1 and targets[1, 7, 7] == -1


def test_a_label_that_the_film_was_not_annotated_for_is_told_nothing_at_all() -> None:
    drawn = (("restoration", BoundingBox(32, 32, 64, 64)),)
    targets = cell_targets(drawn, LABELS, np.array([True, False]), size=160)
    assert (targets[0] == 0).all() and (targets[1] == -1).all()


def test_a_box_smaller_than_a_cell_keeps_one_cell() -> None:
    targets = cell_targets((("caries", BoundingBox(33, 33, 36, 36)),), LABELS, BOTH, size=160)
    assert (targets[0] == 1).sum() == 1 and targets[0, 2, 2] == 1


def test_labels_are_known_where_the_annotation_says_so_or_says_nothing() -> None:
    known = known_labels([image(None), image(frozenset({"caries"}))], LABELS)
    assert known.tolist() == [[True, True], [True, False]]
