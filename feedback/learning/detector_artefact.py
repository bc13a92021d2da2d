"""A trained detector -> ModelSpec: calibrated on the slice of train that it never saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit

from feedback.learning.backbone import MEAN, STD
from feedback.learning.calibration import calibrated, fit_calibration, measured_point
from feedback.learning.classifier_run import as_stored
from feedback.learning.detector_run import TrainedDetector
from feedback.learning.labelled_sets import LabelledImage, manifest_of
from feedback.learning.progress import Progress
from feedback.learning.recipes import DetectorRecipe
from registry.metrics.detection import (
    FrameDetections,
    detection_average_precision,
    match_findings,
    threshold_for_false_positives,
)
from registry.runtime.values import Calibration, InputSpec, ModelSpec, OperatingPoint

OVERLAP = 0.5  # what counts as found, as in PASCAL VOC; reported at .3 too, small fractures are drawn loosely
LOOSE_OVERLAP = 0.3
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DetectorFit:
    """Everything of the spec that is fitted after training.

    Attributes:
        figures: average precision on the held-out slice, by label and overlap.
    """

    calibration: dict[str, Calibration]
    operating_points: dict[str, OperatingPoint]
    figures: dict[str, float]


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
    calibration, points, figures = {}, {}, {}
    for label, frames in predicted.items():
        scores = np.concatenate([frame.scores for frame in frames])
        hits = np.concatenate([match_findings(frame, overlap=LOOSE_OVERLAP) >= 0 for frame in frames])
        calibration[label] = fit_calibration(logit(np.clip(scores, 1e-6, 1 - 1e-6)), hits)
        wanted = recipe.false_positives_per_image
        threshold = threshold_for_false_positives(frames, per_frame=wanted, overlap=LOOSE_OVERLAP)
        points[label] = _operating_point(trained, frames, calibration[label], threshold, digest, wanted)
        for overlap in (OVERLAP, LOOSE_OVERLAP):
            name = f"{label}_average_precision_{overlap:.1f}"
            figures[name] = detection_average_precision(frames, overlap=overlap)
    return DetectorFit(calibration, points, figures)


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
