"""A trained detector -> ModelSpec: context weighed, boxes calibrated and thresholds chosen on films it never saw."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from torch import nn

from feedback.learning.backbone import MEAN, STD
from feedback.learning.calibration import calibrated, fit_calibration, measured_point
from feedback.learning.classifier_artefact import network_tensors
from feedback.learning.detector_crops import IGNORED
from feedback.learning.detector_run import TrainedDetector
from feedback.learning.detector_training import CONTEXT_WEIGHT
from feedback.learning.inputs import TrainingInput
from feedback.learning.labelled_sets import LabelledImage, manifest_of
from feedback.learning.progress import Progress
from feedback.learning.recipes import DetectorRecipe
from feedback.learning.recipes.detector import FALSE_POSITIVES
from imaging.pipeline.tiles import detect_tiled
from registry.metrics.box_curves import coco_average_precision_of, recall_of
from registry.metrics.detection import (
    NEITHER,
    FrameDetections,
    detection_average_precision,
    match_findings,
    threshold_for_false_positives,
)
from registry.runtime.architectures.detector_body import NEAREST_TO_CERTAIN
from registry.runtime.artefacts import rounded
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.values import Calibration, InputSpec, ModelSpec, OperatingPoint

OVERLAP = 0.5  # what counts as found, as in PASCAL VOC; reported at .3 too, small fractures are drawn loosely
LOOSE_OVERLAP = 0.3
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DetectorFit:
    """Everything of the spec that is fitted after training.

    Attributes:
        context_weight: a label, how much the film's own logit counts beside a box's.
        figures: average precision on the held-out slice, by label and overlap.
    """

    context_weight: dict[str, float]
    calibration: dict[str, Calibration]
    operating_points: dict[str, OperatingPoint]
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class LabelReadings:
    """Of one label, the films that were annotated for it.

    Attributes:
        context: float64 (n,), the film's own logit.
    """

    images: tuple[LabelledImage, ...]
    frames: tuple[FrameDetections, ...]
    context: Floats

    def boxes(self) -> tuple[Floats, NDArray[np.bool_], Floats]:
        """Over every box that counts: its logit, whether it found something, and its film's own logit."""
        found = [match_findings(frame, overlap=LOOSE_OVERLAP) for frame in self.frames]
        counted = [own != NEITHER for own in found]
        scores = np.concatenate([frame.scores[kept] for frame, kept in zip(self.frames, counted, strict=True)])
        hits = np.concatenate([own[kept] >= 0 for own, kept in zip(found, counted, strict=True)])
        return logits_of(scores), hits, np.repeat(self.context, [int(kept.sum()) for kept in counted])


def as_served(network: nn.Module) -> None:
    """Round the weights as the artefact will store them, so that what is calibrated is what ships."""
    stored = rounded(network_tensors(network.state_dict()), eight_bit=True)
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in stored.items()})
    network.eval()


def read_held_out(recipe: DetectorRecipe, trained: TrainedDetector) -> dict[str, LabelReadings]:
    """Every held-out film through the network, with the tiles that serving will use, by label."""
    labels, spec = trained.task.labels, bare_spec(recipe, trained)
    engine, progress = TorchEngine(trained.network), Progress("boxes", len(trained.held_out))
    rows: dict[str, list[tuple[LabelledImage, FrameDetections, float]]] = {label: [] for label in labels}
    for number, image in enumerate(trained.held_out):
        entry = trained.maker.make(image)
        output = detect_tiled(engine, entry.array, spec, entry.source)
        context = _context(trained.network, entry)
        for index, label in enumerate(labels):
            if image.annotated is not None and label not in image.annotated:
                continue
            own = output.labels == index
            boxes, scores = output.boxes[own].astype(np.float64), output.scores[own].astype(np.float64)
            frame = FrameDetections(boxes, scores, _drawn(entry, label), _drawn(entry, IGNORED))
            rows[label].append((image, frame, float(context[index])))
        progress.show(number + 1)
    return {
        label: LabelReadings(
            tuple(image for image, _, _ in found),
            tuple(frame for _, frame, _ in found),
            np.array([context for _, _, context in found], dtype=np.float64),
        )
        for label, found in rows.items()
    }


def fit_detector(recipe: DetectorRecipe, trained: TrainedDetector) -> DetectorFit:
    """Context weight, box calibration and operating point per label, on films that no weight ever saw."""
    as_served(trained.network)
    weights = {label: fit_context_weight(own) for label, own in read_held_out(recipe, trained).items()}
    context_weight = trained.network.get_buffer(CONTEXT_WEIGHT)
    context_weight.copy_(torch.tensor([weights[label] for label in trained.task.labels]))
    as_served(trained.network)
    calibration, points, figures = {}, {}, {}
    for label, readings in read_held_out(recipe, trained).items():
        scores, hits, _ = readings.boxes()
        calibration[label] = fit_calibration(scores, hits)
        points[label] = _operating_point(recipe, label, readings, calibration[label])
        for overlap in (OVERLAP, LOOSE_OVERLAP):
            name = f"{label}_average_precision_{overlap:.1f}"
            figures[name] = detection_average_precision(readings.frames, overlap=overlap)
        figures[f"ap_50_{label}"] = coco_average_precision_of(readings.frames, overlap=OVERLAP)
        figures[f"recall_at_1_fp_{label}"] = recall_of(readings.frames, rate=1.0, overlap=OVERLAP)
        figures[f"{label}_context_weight"] = weights[label]
    return DetectorFit(weights, calibration, points, figures)


def fit_context_weight(readings: LabelReadings) -> float:
    """How many of a box's logits one logit of its film is worth, by logistic regression; never less than 0."""
    scores, hits, context = readings.boxes()
    if not hits.any() or hits.all():
        return 0.0
    fitted = LogisticRegression(C=1e3, max_iter=1000).fit(np.column_stack([scores, context]), hits)
    of_box, of_film = (float(value) for value in fitted.coef_[0])
    return max(0.0, of_film / of_box) if of_box > 0 else 0.0


def bare_spec(recipe: DetectorRecipe, trained: TrainedDetector) -> ModelSpec:
    """The specification before anything was fitted."""
    return ModelSpec(
        name=recipe.name,
        version=recipe.version,
        task="detector",
        architecture=recipe.architecture,
        architecture_options=dict(recipe.options),
        case_types=recipe.case_types,
        labels=recipe.labels,
        input=InputSpec(recipe.size, MEAN, STD, trained.maker.settings.to_dict(), recipe.tiles),
        calibration={label: Calibration(1.0) for label in recipe.labels},
        operating_points={},
    )


def detector_spec(
    recipe: DetectorRecipe, trained: TrainedDetector, fit: DetectorFit, training: dict[str, Any]
) -> ModelSpec:
    """Everything but the weights."""
    return dataclasses.replace(
        bare_spec(recipe, trained),
        calibration=fit.calibration,
        operating_points=fit.operating_points,
        training=training,
    )


def logits_of(scores: Floats) -> Floats:
    """Of scores in [0, 1], kept as far from certainty as the network keeps them."""
    return np.asarray(logit(np.clip(scores, NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)))


def _context(network: nn.Module, entry: TrainingInput) -> Floats:
    """The film's own logits, float64 (L,)."""
    with torch.inference_mode():
        seen = network.get_submodule("body")(torch.from_numpy(entry.array)[None])
    return np.asarray(seen.context[0].double().numpy())


def _drawn(entry: TrainingInput, label: str) -> Floats:
    corners = [[box.left, box.top, box.right, box.bottom] for name, box in entry.boxes if name == label]
    return np.array(corners, dtype=np.float64).reshape(-1, 4)


def _operating_point(
    recipe: DetectorRecipe, label: str, readings: LabelReadings, calibration: Calibration
) -> OperatingPoint:
    """Sensitivity and specificity are those of whole images: any box at or above the threshold."""
    wanted = recipe.false_positives_per_image.get(label, FALSE_POSITIVES)
    threshold = threshold_for_false_positives(readings.frames, per_frame=wanted, overlap=LOOSE_OVERLAP)
    present = np.array([len(frame.drawn) > 0 for frame in readings.frames])
    best = np.array([frame.scores.max(initial=0.0) for frame in readings.frames])
    phrase = f"{wanted} false boxes per image on the held-out slice of train; rates are per image"
    return measured_point(
        present,
        calibrated(logits_of(best), calibration),
        [image.group for image in readings.images],
        float(calibrated(logits_of(np.array([threshold])), calibration)[0]),
        manifest_of(readings.images, terms=recipe.terms).digest,
        phrase,
    )
