"""What every cell of the logit map is told: inside a box, outside, or nothing (too close to call, or not annotated)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from feedback.learning.features import LabelledBoxes
from feedback.learning.head_training import box_mask
from feedback.learning.labelled_sets import LabelledImage
from imaging.pipeline.values import BoundingBox

Targets = NDArray[np.int8]
STRIDE = 16
MARGIN = 10.0  # px about a box in which a cell is neither: the cell's field of view holds a part of the lesion
IGNORED = "ignore"  # label of a region that says nothing about any finding


def cell_targets(boxes: LabelledBoxes, labels: tuple[str, ...], known: NDArray[np.bool_], *, size: int) -> Targets:
    """int8 (L, G, G): 1 in a box of the label, 0 outside, -1 where nothing is said.

    Args:
        boxes: in input pixels; those labelled IGNORED say nothing about any label.
        known: bool (L,), labels that the image was annotated for.
        size: side of the input in px.
    """
    side = size // STRIDE
    targets = np.where(known, 0, -1).astype(np.int8)[:, None, None] * np.ones((1, side, side), np.int8)
    for name, box in boxes:
        if name == IGNORED:
            targets[:, box_mask([_grown(box, STRIDE / 2)], side, size)] = -1
    for index, label in enumerate(labels):
        drawn = [box for name, box in boxes if name == label]
        if drawn and known[index]:
            targets[index][box_mask([_grown(box, MARGIN) for box in drawn], side, size)] = -1
            targets[index][box_mask(drawn, side, size)] = 1
    return targets


def known_labels(images: Sequence[LabelledImage], labels: tuple[str, ...]) -> NDArray[np.bool_]:
    """bool (n, L): the image was annotated for the label, so that its absence means something."""
    return np.array([[image.annotated is None or label in image.annotated for label in labels] for image in images])


def _grown(box: BoundingBox, by: float) -> BoundingBox:
    return BoundingBox(box.left - by, box.top - by, box.right + by, box.bottom + by)
