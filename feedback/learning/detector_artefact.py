"""A trained detector -> ModelSpec: calibrated on the slice of train that it never saw; and its hold-out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit

from feedback.learning.backbone import MEAN, STD
from feedback.learning.calibration import calibrated, fit_calibration, measured_point
from feedback.learning.classifier_evaluation import as_json, auc
from feedback.learning.classifier_run import as_stored
from feedback.learning.detector_run import TrainedDetector
from feedback.learning.inputs import inversion_rates
from feedback.learning.labelled_sets import LabelledImage, manifest_of
from feedback.learning.progress import Progress
from feedback.learning.recipes import DetectorRecipe
from registry.metrics.bootstrap import bootstrap_interval
from registry.metrics.classification import calibration_error
from registry.metrics.detection import (
    FrameDetections,
    detection_average_precision,
    froc,
    match_findings,
    threshold_for_false_positives,
)
from registry.runtime.values import Calibration, InputSpec, ModelSpec, OperatingPoint

OVERLAP = 0.5  # what counts as found, as in PASCAL VOC; reported at .3 too, small fractures are drawn loosely
LOOSE_OVERLAP = 0.3
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DetectorFit:
    """Everything of the spec that is fitted after training."""

    calibration: dict[str, Calibration]
    operating_points: dict[str, OperatingPoint]


def predict_boxes(trained: TrainedDetector, images: Sequence[LabelledImage]) -> dict[str, list[FrameDetections]]:
    """Per label, every image's predicted and drawn boxes in input pixels."""
    labels = trained.task.labels
    found: dict[str, list[FrameDetections]] = {label: [] for label in labels}
    progress = Progress("boxes", len(images))
    for number, image in enumerate(images):
        entry = trained.maker.make(image)
        with torch.inference_mode():
            output = trained.network([torch.from_numpy(entry.array)])[0]
        for index, label in enumerate(labels):
            kept = (output["labels"] == index + 1).numpy()
            drawn = [[box.left, box.top, box.right, box.bottom] for name, box in entry.boxes if name == label]
            boxes, scores = (output[key].double().numpy()[kept] for key in ("boxes", "scores"))
            found[label].append(FrameDetections(boxes, scores, np.array(drawn, dtype=np.float64).reshape(-1, 4)))
        progress.show(number + 1)
    return found


def fit_detector(recipe: DetectorRecipe, trained: TrainedDetector) -> DetectorFit:
    """Box calibration and operating point per label, on the held-out slice of train."""
    as_stored(trained.network)
    predicted = predict_boxes(trained, trained.held_out)
    digest = manifest_of(trained.held_out, terms=recipe.terms).digest
    calibration, points = {}, {}
    for label, frames in predicted.items():
        scores = np.concatenate([frame.scores for frame in frames])
        hits = np.concatenate([match_findings(frame, overlap=LOOSE_OVERLAP) >= 0 for frame in frames])
        calibration[label] = fit_calibration(logit(np.clip(scores, 1e-6, 1 - 1e-6)), hits)
        wanted = recipe.false_positives_per_image
        threshold = threshold_for_false_positives(frames, per_frame=wanted, overlap=LOOSE_OVERLAP)
        points[label] = _operating_point(trained, frames, calibration[label], threshold, digest, wanted)
    return DetectorFit(calibration, points)


def detector_spec(
    recipe: DetectorRecipe, trained: TrainedDetector, fit: DetectorFit, training: dict[str, Any]
) -> ModelSpec:
    """Everything but the weights."""
    return ModelSpec(
        name=recipe.name,
        version=recipe.version,
        task="detector",
        architecture=recipe.architecture,
        architecture_options=dict(recipe.options),
        case_types=recipe.case_types,
        labels=recipe.labels,
        input=InputSpec(recipe.size, MEAN, STD, trained.maker.settings.to_dict()),
        calibration=fit.calibration,
        operating_points=fit.operating_points,
        training=training,
    )


def evaluate_detector(trained: TrainedDetector, fit: DetectorFit, hold_out: Sequence[LabelledImage]) -> dict[str, Any]:
    """The hold-out: average precision, boxes found and false boxes at the operating point, image AUC."""
    predicted = predict_boxes(trained, hold_out)
    assert trained.maker.settings.invert is not None
    return {
        "n_images": len(hold_out),
        "n_groups": len({image.group for image in hold_out}),
        "inversion": inversion_rates(hold_out, trained.maker.settings.invert),
        "labels": {label: label_metrics(label, frames, fit, hold_out) for label, frames in predicted.items()},
    }


def label_metrics(
    label: str, frames: Sequence[FrameDetections], fit: DetectorFit, hold_out: Sequence[LabelledImage]
) -> dict[str, Any]:
    """Of one label, with intervals over groups."""
    groups = [image.group for image in hold_out]
    threshold = raw_threshold(fit.operating_points[label].threshold, fit.calibration[label])
    metrics: dict[str, Any] = {"n_boxes": int(sum(len(frame.drawn) for frame in frames))}
    for overlap in (OVERLAP, LOOSE_OVERLAP):
        name = f"{overlap:.1f}"
        metrics[f"average_precision_{name}"] = _over_groups(
            lambda rows, overlap=overlap: detection_average_precision([frames[row] for row in rows], overlap=overlap),
            groups,
        )
        for position, side in enumerate(("boxes_found", "false_boxes_per_image")):
            metrics[f"{side}_{name}"] = _over_groups(
                lambda rows, overlap=overlap, position=position: froc(
                    [frames[row] for row in rows], threshold=threshold, overlap=overlap
                )[position],
                groups,
            )
    present, best = _image_scores(label, frames, hold_out)
    metrics["image_auc"] = auc(present, best, groups)
    plain = np.array([image.strata.get("hardware") != "1" for image in hold_out])
    kept = np.flatnonzero(plain)
    metrics["image_auc_without_hardware"] = auc(present[kept], best[kept], [groups[row] for row in kept])
    scores = np.concatenate([frame.scores for frame in frames])
    hits = np.concatenate([match_findings(frame, overlap=LOOSE_OVERLAP) >= 0 for frame in frames])
    metrics["calibration_error_raw"] = calibration_error(hits, scores)
    metrics["calibration_error"] = calibration_error(hits, _probabilities(scores, fit.calibration[label]))
    return metrics


def raw_threshold(probability: float, calibration: Calibration) -> float:
    """The score whose calibrated probability is given."""
    value = logit(np.clip(probability, 1e-12, 1 - 1e-12)) * calibration.temperature + calibration.bias
    return float(1 / (1 + np.exp(-value)))


def _probabilities(scores: Floats, calibration: Calibration) -> Floats:
    return calibrated(logit(np.clip(scores, 1e-6, 1 - 1e-6)), calibration)


def _operating_point(
    trained: TrainedDetector,
    frames: Sequence[FrameDetections],
    calibration: Calibration,
    threshold: float,
    digest: str,
    wanted: float,
) -> OperatingPoint:
    """Sensitivity and specificity are those of whole images: any box at or above the threshold."""
    groups = [image.group for image in trained.held_out]
    present = np.array([len(frame.drawn) > 0 for frame in frames])
    best = np.array([frame.scores.max(initial=0.0) for frame in frames])
    phrase = f"{wanted} false boxes per image on the held-out slice of train; rates are per image"
    probabilities = _probabilities(best, calibration)
    return measured_point(
        present, probabilities, groups, float(_probabilities(np.array([threshold]), calibration)[0]), digest, phrase
    )


def _image_scores(
    label: str, frames: Sequence[FrameDetections], images: Sequence[LabelledImage]
) -> tuple[NDArray[np.bool_], Floats]:
    present = np.array([label in image.findings for image in images])
    return present, np.array([frame.scores.max(initial=0.0) for frame in frames])


def _over_groups(metric: Any, groups: list[str]) -> dict[str, float]:
    return as_json(bootstrap_interval(metric, groups, resamples=200))
