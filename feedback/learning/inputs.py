"""Labelled images -> what the network is trained on, through the very preprocessing that serving uses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from feedback.learning.augment import View, view_box, view_grey
from feedback.learning.backbone import MEAN, STD
from feedback.learning.frames import frame_grey
from feedback.learning.labelled_sets import LabelledImage
from imaging.pipeline.preprocess import InversionRule, PreprocessSettings, photometric_statistics, preprocess
from imaging.pipeline.values import BoundingBox, Frame, SourceMap

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrainingInput:
    """One network input with its boxes in input pixels.

    Attributes:
        array: float32 (3, size, size), standardised.
        boxes: (label, box in input pixels) of the boxes that are still in view.
    """

    array: NDArray[np.float32]
    boxes: tuple[tuple[str, BoundingBox], ...]
    source: SourceMap


@dataclass(frozen=True, slots=True)
class InputMaker:
    """Size and settings shared by every input of a version."""

    size: int
    settings: PreprocessSettings

    def make(self, image: LabelledImage, view: View | None = None) -> TrainingInput:
        """The network's input of an image, seen through a view.

        Raises:
            DomainError: the file cannot be decoded or used.
        """
        grey, view = frame_grey(image.path), view or View()
        rows, columns = grey.shape
        seen = view_grey(grey, view) if view != View() else grey
        made = preprocess(Frame(grey=seen), size=self.size, settings=self.settings, mean=MEAN, std=STD)
        moved = ((entry.label, view_box(entry.box, view, rows=rows, columns=columns)) for entry in image.boxes)
        boxes = ((label, input_box(box, made.source, size=self.size)) for label, box in moved if box is not None)
        return TrainingInput(made.array, tuple((label, box) for label, box in boxes if box is not None), made.source)


def input_box(box: BoundingBox, source: SourceMap, *, size: int) -> BoundingBox | None:
    """A box of the stored frame in input pixels, clipped to the input; None when less than a pixel is left."""
    left, top = source.to_input(box.left, box.top)
    right, bottom = source.to_input(box.right, box.bottom)
    left, right, top, bottom = max(left, 0.0), min(right, float(size)), max(top, 0.0), min(bottom, float(size))
    return BoundingBox(left, top, right, bottom) if right - left >= 1 and bottom - top >= 1 else None


def fit_inversion_rule(images: Sequence[LabelledImage], *, upright_kept: float = 0.999) -> InversionRule:
    """The rule that tells a negative from a positive, fitted on train images shown both ways.

    The statistics change sign with the film, so the fit has no intercept. The threshold is the larger of the balanced
    one (0) and the quantile that leaves `upright_kept` of the upright films alone: negatives are rare, and turning a
    good film over is the worse mistake.
    """
    upright = np.stack([photometric_statistics(frame_grey(image.path)) for image in images])
    both, is_turned = np.concatenate([upright, -upright]), np.repeat([0, 1], len(upright))
    scale = np.abs(upright).mean(axis=0) + 1e-6
    fitted = LogisticRegression(fit_intercept=False, C=10.0, max_iter=1000).fit(both / scale, is_turned)
    weights = fitted.coef_[0] / scale
    threshold = max(0.0, float(np.quantile(upright @ weights, upright_kept)))
    return InversionRule(tuple(float(weight) for weight in weights), threshold)


def inversion_rates(images: Sequence[LabelledImage], rule: InversionRule) -> dict[str, float]:
    """Shares of upright films wrongly turned and of negatives rightly turned."""
    scores = np.stack([photometric_statistics(frame_grey(image.path)) for image in images]) @ np.array(rule.weights)
    return {
        "upright_wrongly_turned": float((scores > rule.threshold).mean()),
        "negatives_turned_back": float((-scores > rule.threshold).mean()),
    }
