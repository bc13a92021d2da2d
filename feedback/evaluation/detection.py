"""A detector's boxes against drawn ones: average precision, FROC, boxes found and false boxes, the image's own AUC."""

from collections.abc import Sequence

import numpy as np

from feedback.evaluation.box_figures import LabelFigures, label_figures, summary_figures
from feedback.evaluation.label_boxes import LOOSE_OVERLAP, OVERLAP, Flags, LabelBoxes, label_boxes
from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.numbers import Json, finite, with_interval
from feedback.evaluation.values import FilmReading
from registry.metrics.box_curves import (
    COCO_MOST_BOXES,
    FROC_RATES,
    froc_curve,
    precision_curve,
    recalls_at,
)
from registry.metrics.classification import calibration_error
from registry.metrics.detection import NEITHER, match_findings
from registry.metrics.detection_resampling import average_precision_interval, boxes_at, matched_detections
from registry.metrics.errors import SampleUnusable
from registry.metrics.figures import Figure, auc_figure
from registry.metrics.resampling import Resamples
from registry.runtime.values import ModelSpec, OperatingPoint

NOT_EXHAUSTIVE = "The set's boxes are not exhaustive, so a box without a drawn one is not a false one."
OVERLAPS = (OVERLAP, LOOSE_OVERLAP)
PLOTTED_RATES = tuple(float(rate) for rate in np.geomspace(FROC_RATES[0], FROC_RATES[-1], 61))


def detector_metrics(
    spec: ModelSpec,
    films: Sequence[Film],
    readings: Sequence[FilmReading],
    resamples: Resamples,
    *,
    exhaustive: bool,
    plain: Flags,
) -> Json:
    """Figures over all labels, and everything of every label; a label without a drawn box says why it has none.

    Args:
        plain: bool, one a film: those that show no hardware; when some do, the image AUC is given without them too.
    """
    if not exhaustive:
        return {"not_measured": NOT_EXHAUSTIVE}
    gathered = [label_boxes(label, films, readings) for label in spec.labels]
    figures = [label_figures(boxes, resamples) for boxes in gathered]
    return {
        "figures": {name: figure_json(figure) for name, figure in summary_figures(figures).items()},
        "labels": {
            boxes.label: label_metrics(boxes, found, resamples, spec.operating_points.get(boxes.label), plain=plain)
            for boxes, found in zip(gathered, figures, strict=True)
        },
    }


def label_metrics(
    boxes: LabelBoxes, figures: LabelFigures, resamples: Resamples, point: OperatingPoint | None, *, plain: Flags
) -> Json:
    """Of one label, over the analysed films that are labelled for it."""
    found: Json = {"n_films": len(boxes.frames), "n_boxes": boxes.n_drawn}
    if not boxes.n_drawn:
        return {**found, "not_measured": "no drawn box on the analysed films"}
    own = resamples.of(boxes.rows)
    found |= {f"overlap_{overlap:.1f}": _at_overlap(boxes, overlap, point, own) for overlap in OVERLAPS}
    found["ap_50"], found["ap_50_95"] = (figure and figure_json(figure) for figure in (figures.ap_50, figures.ap_50_95))
    found["curves"] = label_curves(boxes)
    found["image_auc"] = figures.image_auc and figure_json(figures.image_auc)
    if not plain.all():
        found["image_auc_without_hardware"] = _image_auc(boxes, resamples, plain)
    found["calibration"] = _calibration(boxes)
    if point is not None:
        found["threshold"] = finite(point.threshold)
        found["chosen_for"] = point.chosen_for
    return found


def label_curves(boxes: LabelBoxes) -> Json:
    """FROC points at overlap .5 and COCO's precision at 101 recalls, for plots."""
    matched = matched_detections(boxes.frames, overlap=OVERLAP)
    counted = matched_detections(boxes.frames, overlap=OVERLAP, most=COCO_MOST_BOXES)
    return {
        "froc": [[finite(x), finite(y)] for x, y in froc_curve(matched, PLOTTED_RATES)],
        "precision": [finite(value) for value in precision_curve(counted)],
    }


def figure_json(figure: Figure) -> Json:
    """{"value", "low", "high"}."""
    return with_interval(figure.interval())


def _at_overlap(boxes: LabelBoxes, overlap: float, point: OperatingPoint | None, resamples: Resamples) -> Json:
    matched = matched_detections(boxes.frames, overlap=overlap)
    recalls = recalls_at(matched, resamples, FROC_RATES)
    found: Json = {
        "average_precision": with_interval(average_precision_interval(matched, resamples)),
        "froc": [
            {"false_boxes_per_film": rate, **figure_json(figure)}
            for rate, figure in zip(FROC_RATES, recalls, strict=True)
        ],
        "curve": [[finite(x), finite(y)] for x, y in froc_curve(matched, PLOTTED_RATES)],
    }
    if point is not None:
        calibrated = matched_detections(boxes.by_probability, overlap=overlap)
        shares, false = boxes_at(calibrated, resamples, threshold=point.threshold)
        found |= {"boxes_found": with_interval(shares), "false_boxes_per_film": with_interval(false)}
    return found


def _image_auc(boxes: LabelBoxes, resamples: Resamples, plain: Flags) -> Json | None:
    kept = np.flatnonzero(boxes.known & plain[boxes.rows])
    try:
        return figure_json(auc_figure(boxes.present[kept], boxes.best_scores[kept], resamples.of(boxes.rows[kept])))
    except SampleUnusable:
        return None


def _calibration(boxes: LabelBoxes) -> Json:
    """Of boxes: found at the loose overlap against their probability, before and after."""
    found = np.concatenate([match_findings(frame, overlap=LOOSE_OVERLAP) for frame in boxes.frames])
    counted = found != NEITHER
    scores = np.concatenate([frame.scores for frame in boxes.frames])
    try:
        before, after = (
            calibration_error(found[counted] >= 0, values[counted])
            for values in (scores, np.concatenate(boxes.probabilities))
        )
    except (SampleUnusable, ValueError):
        return {"ece": None, "ece_before": None}
    return {"ece": finite(after), "ece_before": finite(before)}
