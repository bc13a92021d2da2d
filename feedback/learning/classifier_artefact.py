"""A trained classifier -> ModelSpec and tensors: calibration, operating points, triage and familiarity, all fitted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from feedback.learning.any_finding import any_finding_triage
from feedback.learning.backbone import MEAN, STD
from feedback.learning.calibration import calibrated, choose_operating_point, fit_calibration, fit_softmax_temperature
from feedback.learning.classifier_run import TrainedClassifier
from feedback.learning.folds import grouped_folds
from feedback.learning.recipes import ClassifierRecipe
from registry.metrics.familiarity import fit_region, squared_distances
from registry.runtime.values import Calibration, FamiliaritySpec, InputSpec, ModelSpec, OperatingPoint, TriageSpec

Tensors = dict[str, NDArray[np.generic]]
Floats = NDArray[np.float64]
REGION_DIRECTIONS = 560  # as many as Lite0's head pools; over all of DenseNet's channels a region takes 21 MB


def classifier_spec(
    recipe: ClassifierRecipe, trained: TrainedClassifier, familiarity: FamiliaritySpec, training: dict[str, Any]
) -> ModelSpec:
    """Everything but the weights."""
    calibration = fit_calibrations(trained)
    points = label_operating_points(recipe, trained, calibration)
    return ModelSpec(
        name=recipe.name,
        version=recipe.version,
        task="classifier",
        architecture=recipe.architecture,
        architecture_options=recipe.shipped_options,
        case_types=recipe.case_types,
        labels=trained.labels,
        input=InputSpec(recipe.size, MEAN, STD, trained.maker.settings.to_dict()),
        calibration=calibration,
        operating_points=points,
        triage=triage_spec(recipe, trained, calibration),
        familiarity=familiarity,
        training=training,
    )


def fit_calibrations(trained: TrainedClassifier) -> dict[str, Calibration]:
    """One per label, from the out-of-fold logits."""
    return {
        label: fit_calibration(trained.out_of_fold.logits[:, index], trained.targets.findings[:, index] > 0.5)
        for index, label in enumerate(trained.labels)
    }


def label_operating_points(
    recipe: ClassifierRecipe, trained: TrainedClassifier, calibration: dict[str, Calibration]
) -> dict[str, OperatingPoint]:
    """One per label, for the recipe's sensitivity or specificity, out of fold."""
    return {
        label: choose_operating_point(
            trained.targets.findings[:, index] > 0.5,
            calibrated(trained.out_of_fold.logits[:, index], calibration[label]),
            [image.group for image in trained.images],
            data_digest=trained.manifest.digest,
            sensitivity=recipe.sensitivity,
            specificity=recipe.specificity,
        )
        for index, label in enumerate(trained.labels)
    }


def triage_spec(
    recipe: ClassifierRecipe, trained: TrainedClassifier, calibration: dict[str, Calibration]
) -> TriageSpec:
    """Both thresholds, out of fold."""
    rule = recipe.triage
    if rule.kind == "any_finding":
        return _any_finding_triage(recipe, trained, calibration)
    if rule.kind == "softmax":
        assert trained.out_of_fold.triage is not None
        temperature = fit_softmax_temperature(trained.out_of_fold.triage, trained.targets.triage)
        scores = softmax(trained.out_of_fold.triage / temperature, axis=1)
        urgent, flagged = scores[:, 2], scores[:, 1] + scores[:, 2]
        is_urgent, is_flagged = trained.targets.triage == 2, trained.targets.triage >= 1
    else:
        assert rule.label is not None
        index, temperature = trained.labels.index(rule.label), 1.0
        urgent = flagged = calibrated(trained.out_of_fold.logits[:, index], calibration[rule.label])
        is_urgent = is_flagged = trained.targets.findings[:, index] > 0.5
    groups, digest = [image.group for image in trained.images], trained.manifest.digest
    return TriageSpec(
        kind=rule.kind,
        temperature=temperature,
        label=rule.label,
        urgent=choose_operating_point(
            is_urgent,
            urgent,
            groups,
            data_digest=digest,
            sensitivity=rule.urgent_sensitivity,
            specificity=rule.urgent_specificity,
        ),
        flagged=choose_operating_point(
            is_flagged, flagged, groups, data_digest=digest, sensitivity=rule.flagged_sensitivity
        ),
        sentence_source=rule.sentence_source,
    )


def _any_finding_triage(
    recipe: ClassifierRecipe, trained: TrainedClassifier, calibration: dict[str, Calibration]
) -> TriageSpec:
    """From the operating points of several labels."""
    labels, logits = trained.labels, trained.out_of_fold.logits
    return any_finding_triage(
        recipe.triage,
        labels,
        np.stack([calibrated(logits[:, index], calibration[label]) for index, label in enumerate(labels)], axis=1),
        trained.targets.findings > 0.5,
        label_operating_points(recipe, trained, calibration),
        [image.group for image in trained.images],
        trained.manifest.digest,
    )


def fit_familiarity(recipe: ClassifierRecipe, trained: TrainedClassifier) -> tuple[FamiliaritySpec, Tensors]:
    """Region of the train features, plain and augmented; the threshold is left-out groups'."""
    n_context = trained.network.standardise.num_features if recipe.context else 0
    features = trained.pooled[:, :, : trained.pooled.shape[2] - n_context]  # context repeats the direct channels
    basis = region_basis(features[0], most=REGION_DIRECTIONS)
    features = features @ basis
    groups, distances = [image.group for image in trained.images], np.empty(features.shape[1])
    for rows, left_out in grouped_folds(groups, [0] * len(groups), folds=recipe.folds, seed=0):
        region = fit_region(np.concatenate(features[:, rows]))
        distances[left_out] = squared_distances(features[0, left_out], region)
    region = fit_region(np.concatenate(features))
    spec = FamiliaritySpec(
        threshold=float(np.quantile(distances, recipe.familiarity_quantile)),
        quantile=recipe.familiarity_quantile,
        n_images=len(distances),
    )
    tensors: Tensors = {
        "familiarity.mean": np.pad(basis @ region.mean, (0, n_context)).astype(np.float32),
        "familiarity.whitener": np.pad(basis @ region.whitener, ((0, n_context), (0, 0))).astype(np.float32),
    }
    return spec, tensors


def region_basis(features: Floats, *, most: int) -> Floats:
    """Orthonormal columns (C, k) in which distances are measured: all of them where there are few channels.

    Where there are more than `most`, which would make the region larger than the network: half as many directions of
    largest variance, and as many random mixtures of the remaining ones, where what is unfamiliar often lies.

    Args:
        features: (n, C), of the train images.
    """
    channels = features.shape[1]
    if channels <= most:
        return np.eye(channels)
    leading = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)[2][: most // 2].T
    drawn = np.random.default_rng(0).standard_normal((channels, most // 2))
    mixtures = np.linalg.qr(drawn - leading @ (leading.T @ drawn))[0]
    return np.concatenate([leading, mixtures], axis=1)


def network_tensors(state: dict[str, Any]) -> Tensors:
    """A state dict as numpy arrays."""
    return {name: value.detach().cpu().numpy() for name, value in state.items()}
