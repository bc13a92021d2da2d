"""What recipes are chosen by: figures of the train images, each predicted by a network that saw none of its group."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from feedback.learning.calibration import fit_softmax_temperature
from feedback.learning.features import LabelledBoxes
from feedback.learning.frames import frame_grey
from feedback.learning.head_training import HeadPredictions, HeadTargets
from feedback.learning.labelled_sets import LabelledImage
from registry.metrics.classification import calibration_error, roc_auc
from registry.metrics.localization import PointedFinding, pointing_game

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
LIKE_GREY = 10 / 255  # two films are alike when their mean grey values are this close, and the view is the same


@dataclass(frozen=True, slots=True)
class Exposure:
    """What two films must share to be alike: the view, and the mean grey value of the stored frame, [0, 1]."""

    views: NDArray[np.str_]
    greys: Floats


def exposure_of(images: Sequence[LabelledImage]) -> Exposure:
    """View and mean grey of every image."""
    views = np.array([image.strata.get("view", "") for image in images])
    return Exposure(views, np.array([frame_grey(image.path).mean() for image in images], dtype=np.float64))


def out_of_fold_figures(
    labels: tuple[str, ...],
    targets: HeadTargets,
    predictions: HeadPredictions,
    boxes: Sequence[LabelledBoxes],
    exposure: Exposure,
    *,
    input_size: int,
) -> dict[str, Any]:
    """AUC per label and their mean, triage over all and over like pairs, its calibration error, the pointing game."""
    present = targets.findings > 0.5
    aucs = {label: roc_auc(present[:, index], predictions.logits[:, index]) for index, label in enumerate(labels)}
    figures: dict[str, Any] = {"mean_finding_auc": float(np.mean(list(aucs.values()))), "finding_auc": aucs}
    if predictions.triage is not None:
        figures |= _triage_figures(targets.triage, predictions.triage, exposure)
    pointed = pointed_peaks(labels, predictions.peaks, boxes, input_size)
    if pointed:
        figures["pointing"] = asdict(pointing_game(pointed))
    return figures


def like_pairs_auc(present: Flags, scores: Floats, exposure: Exposure) -> float:
    """Share of (present, absent) pairs of like films in which the present one scores higher; NaN without a pair."""
    first, second = np.flatnonzero(present), np.flatnonzero(~present)
    views, greys = exposure.views, exposure.greys
    alike = (views[first, None] == views[None, second]) & (
        np.abs(greys[first, None] - greys[None, second]) <= LIKE_GREY
    )
    gap = (scores[first, None] - scores[None, second])[alike]
    return float(((gap > 0) + 0.5 * (gap == 0)).mean()) if len(gap) else float("nan")


def _triage_figures(classes: NDArray[np.int64], logits: Floats, exposure: Exposure) -> dict[str, float]:
    scores = softmax(logits / fit_softmax_temperature(logits, classes), axis=1)
    ends = classes != 1
    contrast, any_finding = np.log(scores[ends, 2]) - np.log(scores[ends, 0]), 1 - scores[:, 0]
    kept = Exposure(exposure.views[ends], exposure.greys[ends])
    return {
        "urgent_normal_auc": roc_auc((classes == 2)[ends], contrast),
        "urgent_normal_auc_like_pairs": like_pairs_auc((classes == 2)[ends], contrast, kept),
        "any_finding_auc": roc_auc(classes >= 1, any_finding),
        "any_finding_auc_like_pairs": like_pairs_auc(classes >= 1, any_finding, exposure),
        "triage_ece_urgent": calibration_error(classes == 2, scores[:, 2]),
        "triage_ece_any_finding": calibration_error(classes >= 1, any_finding),
    }


def pointed_peaks(
    labels: tuple[str, ...], peaks: NDArray[np.float64], boxes: Sequence[LabelledBoxes], input_size: int
) -> list[PointedFinding]:
    """Every (image, boxed label) with the peak of that label's map, as shares of the input's side."""
    return [
        PointedFinding(
            (float(peaks[row, labels.index(label), 0]), float(peaks[row, labels.index(label), 1])),
            np.array([[box.left, box.top, box.right, box.bottom] for name, box in drawn if name == label]) / input_size,
        )
        for row, drawn in enumerate(boxes)
        for label in sorted({name for name, _ in drawn} & set(labels))
    ]
