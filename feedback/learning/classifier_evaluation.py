"""A classifier on its hold-out: every number of the card, beside the baselines that have to be beaten."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from feedback.learning.calibration import calibrated
from feedback.learning.features import StageFeatures
from feedback.learning.frames import frame_grey
from feedback.learning.head_training import HeadPredictions, predict_head, targets_of
from feedback.learning.inputs import InputMaker
from feedback.learning.labelled_sets import LabelledImage
from registry.metrics.bootstrap import Interval, bootstrap_interval
from registry.metrics.classification import calibration_error, rates_at, roc_auc
from registry.metrics.errors import SampleUnusable
from registry.metrics.localization import PointedFinding, pointing_game
from registry.runtime.architectures.lite0_head import Lite0Head
from registry.runtime.values import ModelSpec

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LIKE_GREY = 10 / 255  # two films are alike when their mean grey values are this close, and the view is the same


@dataclass(frozen=True, slots=True)
class HoldOut:
    """The val images with what the network says of them.

    Attributes:
        floor: scores (n, L) of the linear probe trained on the same train images, and its triage scores (n,) or None.
    """

    images: tuple[LabelledImage, ...]
    features: StageFeatures
    predictions: HeadPredictions
    floor: Floats
    floor_urgent: Floats | None

    @property
    def groups(self) -> list[str]:
        return [image.group for image in self.images]


def evaluate_classifier(network: Lite0Head, spec: ModelSpec, maker: InputMaker, hold_out: HoldOut) -> dict[str, Any]:
    """Every measurement of the card as JSON values."""
    targets = targets_of(hold_out.images, spec.labels)
    present = targets.findings > 0.5
    metrics: dict[str, Any] = {"n_images": len(hold_out.images), "n_groups": len(set(hold_out.groups))}
    metrics["labels"] = {
        label: label_metrics(spec, label, present[:, index], hold_out, index) for index, label in enumerate(spec.labels)
    }
    for name, scores in (("mean_auc", hold_out.predictions.logits), ("mean_auc_linear_probe", hold_out.floor)):
        metrics[name] = as_json(bootstrap_interval(_mean_auc(present, scores), hold_out.groups, resamples=500))
    if spec.triage is not None and spec.triage.kind == "softmax":
        metrics["triage"] = triage_metrics(spec, targets.triage, hold_out)
    metrics["strata"] = stratum_metrics(spec, present, hold_out)
    metrics["pointing"] = pointing_metrics(network, spec, maker, hold_out)
    return metrics


def label_metrics(spec: ModelSpec, label: str, present: Flags, hold_out: HoldOut, index: int) -> dict[str, Any]:
    """AUC, the probe's AUC, calibration error before and after, and what the operating point gives."""
    logits = hold_out.predictions.logits[:, index]
    probabilities = calibrated(logits, spec.calibration[label])
    point = spec.operating_points[label].threshold
    rates = rates_at(present, probabilities, threshold=point)
    return {
        "n_positive": int(present.sum()),
        "auc": auc(present, logits, hold_out.groups),
        "auc_linear_probe": auc(present, hold_out.floor[:, index], hold_out.groups),
        "auc_mean_grey": confounder_auc(present, mean_greys(hold_out.images)),
        "calibration_error_raw": calibration_error(present, 1 / (1 + np.exp(-logits))),
        "calibration_error": calibration_error(present, probabilities),
        "sensitivity": rates.sensitivity,
        "specificity": rates.specificity,
    }


def triage_metrics(spec: ModelSpec, classes: NDArray[np.int64], hold_out: HoldOut) -> dict[str, Any]:
    """Urgent against normal (all, by view, over like pairs), any finding against none, and the classes given out."""
    assert spec.triage is not None and hold_out.predictions.triage is not None and hold_out.floor_urgent is not None
    scores = softmax(hold_out.predictions.triage / spec.triage.temperature, axis=1)
    urgent, any_finding = scores[:, 2], 1 - scores[:, 0]
    contrast = np.log(scores[:, 2]) - np.log(scores[:, 0])
    grey = mean_greys(hold_out.images)
    views = np.array([image.strata.get("view", "") for image in hold_out.images])
    ends = classes != 1
    result: dict[str, Any] = {"any_finding": auc(classes >= 1, any_finding, hold_out.groups)}
    for name, values in (("network", contrast), ("linear_probe", hold_out.floor_urgent), ("mean_grey", grey)):
        sign = 1.0 if name != "mean_grey" or roc_auc((classes == 2)[ends], values[ends]) >= 0.5 else -1.0
        result[f"urgent_normal_{name}"] = _subset_auc(classes == 2, sign * values, ends, hold_out.groups)
        for view in sorted(set(views)):
            kept = ends & (views == view)
            result[f"urgent_normal_{name}_{view}"] = _subset_auc(classes == 2, sign * values, kept, hold_out.groups)
        rows = np.flatnonzero(ends)
        pairs = _like_pairs((classes == 2)[rows], sign * values[rows], views[rows], grey[rows])
        groups = [hold_out.groups[int(row)] for row in rows]
        result[f"urgent_normal_{name}_like_pairs"] = as_json(bootstrap_interval(pairs, groups, resamples=300))
    result["given_out"] = given_out(spec, urgent, any_finding, classes)
    return result


def given_out(spec: ModelSpec, urgent: Floats, any_finding: Floats, classes: NDArray[np.int64]) -> dict[str, Any]:
    """Rates of the two triage thresholds, and the table of reference class by class given out."""
    assert spec.triage is not None
    first = rates_at(classes == 2, urgent, threshold=spec.triage.urgent.threshold)
    second = rates_at(classes >= 1, any_finding, threshold=spec.triage.flagged.threshold)
    given = np.where(
        urgent >= spec.triage.urgent.threshold, 2, np.where(any_finding >= spec.triage.flagged.threshold, 1, 0)
    )
    table = [[int(((classes == row) & (given == column)).sum()) for column in range(3)] for row in range(3)]
    return {"urgent": asdict(first), "flagged": asdict(second), "reference_by_given": table}


def stratum_metrics(spec: ModelSpec, present: Flags, hold_out: HoldOut) -> dict[str, Any]:
    """AUC of every label apart by stratum, where a stratum has five of each class."""
    found: dict[str, Any] = {}
    for stratum in sorted({name for image in hold_out.images for name in image.strata}):
        values = np.array([image.strata[stratum] for image in hold_out.images])
        for value in sorted(set(values)):
            kept = values == value
            for index, label in enumerate(spec.labels):
                flags = present[kept, index]
                if min(flags.sum(), (~flags).sum()) >= 5:
                    scores = {"network": hold_out.predictions.logits, "linear_probe": hold_out.floor}
                    found[f"{label} | {stratum}={value}"] = {
                        name: _subset_auc(present[:, index], array[:, index], kept, hold_out.groups)
                        for name, array in scores.items()
                    }
    return found


def pointing_metrics(
    network: Lite0Head, spec: ModelSpec, maker: InputMaker, hold_out: HoldOut
) -> dict[str, dict[str, float]]:
    """The pointing game per label and over all, in the network's input square."""
    found: dict[str, list[PointedFinding]] = {}
    for row, boxes in enumerate(hold_out.features.boxes):
        for label in sorted({name for name, _ in boxes} & set(spec.labels)):
            corners = [[box.left, box.top, box.right, box.bottom] for name, box in boxes if name == label]
            peak = _peak(network, hold_out.features, row, spec.labels.index(label))
            found.setdefault(label, []).append(PointedFinding(peak, np.array(corners) / maker.size))
    everything = [finding for findings in found.values() for finding in findings]
    if not everything:
        return {}
    return {label: asdict(pointing_game(findings)) for label, findings in [*sorted(found.items()), ("all", everything)]}


@torch.inference_mode()
def _peak(network: Lite0Head, features: StageFeatures, row: int, label: int) -> tuple[float, float]:
    stages = (torch.from_numpy(stage[row : row + 1].astype(np.float32)) for stage in (features.s16, features.s32))
    contributions = torch.einsum("c,chw->hw", network.head.weight[label], network.from_stages(*stages)["features"][0])
    y, x = np.unravel_index(int(contributions.argmax()), contributions.shape)
    return (x + 0.5) / contributions.shape[1], (y + 0.5) / contributions.shape[0]


def mean_greys(images: Sequence[LabelledImage]) -> Floats:
    """Mean grey value of every stored frame, [0, 1]: the confounder that the sets are known to have."""
    return np.array([frame_grey(image.path).mean() for image in images], dtype=np.float64)


def predicted_hold_out(
    network: Lite0Head,
    images: Sequence[LabelledImage],
    features: StageFeatures,
    floor: tuple[Floats, Floats | None],
) -> HoldOut:
    """The hold-out with the network's predictions and the floor's."""
    predictions = predict_head(network, features, np.arange(len(images)))
    return HoldOut(tuple(images), features, predictions, *floor)


def auc(present: Flags, scores: Floats, groups: Sequence[str]) -> dict[str, float] | None:
    """AUC with its interval over groups; None when a class is missing."""
    try:
        return as_json(bootstrap_interval(lambda rows: roc_auc(present[rows], scores[rows]), groups, resamples=500))
    except SampleUnusable:
        return None


def confounder_auc(present: Flags, values: Floats) -> float | None:
    """AUC of a quantity that says nothing of anatomy, in the direction that suits it best."""
    try:
        found = roc_auc(present, values)
    except SampleUnusable:
        return None
    return max(found, 1 - found)


def as_json(interval: Interval) -> dict[str, float]:
    """Estimate and interval."""
    return {"value": interval.estimate, "low": interval.low, "high": interval.high}


def _subset_auc(present: Flags, scores: Floats, kept: Flags, groups: Sequence[str]) -> dict[str, float] | None:
    rows = np.flatnonzero(kept)
    return auc(present[rows], scores[rows], [groups[int(row)] for row in rows])


def _mean_auc(present: NDArray[np.bool_], scores: Floats) -> Callable[[NDArray[np.int64]], float]:
    def metric(rows: NDArray[np.int64]) -> float:
        return float(np.mean([roc_auc(present[rows, index], scores[rows, index]) for index in range(present.shape[1])]))

    return metric


def _like_pairs(
    urgent: Flags, scores: Floats, views: NDArray[np.str_], grey: Floats
) -> Callable[[NDArray[np.int64]], float]:
    """Share of (urgent, normal) pairs of like films in which the urgent one scores higher."""

    def metric(rows: NDArray[np.int64]) -> float:
        first, second = rows[urgent[rows]], rows[~urgent[rows]]
        alike = (views[first, None] == views[None, second]) & (
            np.abs(grey[first, None] - grey[None, second]) <= LIKE_GREY
        )
        if not alike.any():
            raise SampleUnusable
        gap = scores[first, None] - scores[None, second]
        return float((gap > 0)[alike].mean() + 0.5 * (gap == 0)[alike].mean())

    return metric
