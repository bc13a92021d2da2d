"""The figures by which detectors are summed up and compared, each with all of its resamples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from feedback.evaluation.label_boxes import LOOSE_OVERLAP, OVERLAP, LabelBoxes
from registry.metrics.box_curves import COCO_MOST_BOXES, COCO_OVERLAPS, coco_average_precision, recalls_at
from registry.metrics.detection_resampling import matched_detections
from registry.metrics.errors import SampleUnusable
from registry.metrics.figures import Figure, auc_figure, mean_over
from registry.metrics.resampling import Resamples

MAP_50, MAP, RECALL, RECALL_LOOSE, IMAGE_AUC = (
    "map_50",
    "map_50_95",
    "recall_at_1_fp",
    "recall_at_1_fp_loose",
    "image_auc",
)
AP_PREFIX = "ap_50_"  # before a label's name
RATE = 1.0  # false boxes a film of the recalls above

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """Of one label; None where the sample does not allow it.

    Attributes:
        ap_50, ap_50_95: COCO's average precision. recall, recall_loose: at one false box a film.
        image_auc: of the film's best box for the label being on the film.
    """

    label: str
    ap_50: Figure | None = field(repr=False)
    ap_50_95: Figure | None = field(repr=False)
    recall: Figure | None = field(repr=False)
    recall_loose: Figure | None = field(repr=False)
    image_auc: Figure | None = field(repr=False)


def label_figures(boxes: LabelBoxes, resamples: Resamples) -> LabelFigures:
    """Measure one label.

    Args:
        resamples: a column a film of the whole set.
    """
    own = resamples.of(boxes.rows)
    precisions = _measured(lambda: _average_precisions(boxes, own))
    return LabelFigures(
        label=boxes.label,
        ap_50=precisions[0] if precisions else None,
        ap_50_95=mean_over(precisions) if precisions else None,
        recall=_measured(lambda: _recall(boxes, own, OVERLAP)),
        recall_loose=_measured(lambda: _recall(boxes, own, LOOSE_OVERLAP)),
        image_auc=_measured(lambda: _image_auc(boxes, own)),
    )


def summary_figures(labels: Sequence[LabelFigures]) -> dict[str, Figure]:
    """By name: means over the labels that can be measured, then every label's own AP at .5, and its recall where there
    are several."""
    measured = {
        MAP_50: [found.ap_50 for found in labels],
        MAP: [found.ap_50_95 for found in labels],
        RECALL: [found.recall for found in labels],
        RECALL_LOOSE: [found.recall_loose for found in labels],
        IMAGE_AUC: [found.image_auc for found in labels],
    }
    means = {name: [figure for figure in figures if figure is not None] for name, figures in measured.items()}
    found = {name: mean_over(figures) for name, figures in means.items() if figures}
    found |= {f"{AP_PREFIX}{label.label}": label.ap_50 for label in labels if label.ap_50 is not None}
    if len(labels) > 1:
        found |= {f"{RECALL}_{label.label}": label.recall for label in labels if label.recall is not None}
    return found


def figure_title(name: str) -> str:
    """The name in words."""
    titles = {
        MAP_50: "mAP50",
        MAP: "mAP50-95",
        RECALL: "recall at 1 false box a film",
        RECALL_LOOSE: "recall at 1 false box a film, overlap 0.3",
        IMAGE_AUC: "AUC of the film's best box",
    }
    if name in titles:
        return titles[name]
    if name.startswith(AP_PREFIX):
        return f"AP50 {name.removeprefix(AP_PREFIX).replace('_', ' ')}"
    return f"recall at 1 false box a film, {name.removeprefix(f'{RECALL}_').replace('_', ' ')}"


def _average_precisions(boxes: LabelBoxes, resamples: Resamples) -> list[Figure]:
    return [
        coco_average_precision(matched_detections(boxes.frames, overlap=overlap, most=COCO_MOST_BOXES), resamples)
        for overlap in COCO_OVERLAPS
    ]


def _recall(boxes: LabelBoxes, resamples: Resamples, overlap: float) -> Figure:
    return recalls_at(matched_detections(boxes.frames, overlap=overlap), resamples, (RATE,))[0]


def _image_auc(boxes: LabelBoxes, resamples: Resamples) -> Figure:
    known = np.flatnonzero(boxes.known)
    return auc_figure(boxes.present[known], boxes.best_scores[known], resamples.of(known))


def _measured(metric: Callable[[], Found]) -> Found | None:
    try:
        return metric()
    except SampleUnusable:
        return None
