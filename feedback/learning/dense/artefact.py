"""A trained dense classifier -> ModelSpec and tensors. Everything fitted comes out of fold, from annotated images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback.learning.any_finding import any_finding_triage
from feedback.learning.backbone import MEAN, STD
from feedback.learning.calibration import calibrated, choose_operating_point, fit_calibration
from feedback.learning.dense.run import TrainedDense
from feedback.learning.folds import grouped_folds
from feedback.learning.recipes.dense import DenseRecipe
from feedback.learning.recipes.values import TriageRule
from registry.metrics.familiarity import fit_region, squared_distances
from registry.runtime.values import Calibration, FamiliaritySpec, InputSpec, ModelSpec, OperatingPoint, TriageSpec

Tensors = dict[str, NDArray[np.generic]]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def dense_spec(
    recipe: DenseRecipe, trained: TrainedDense, familiarity: FamiliaritySpec, training: dict[str, Any]
) -> ModelSpec:
    """Everything but the weights."""
    calibration = dense_calibrations(trained)
    points = dense_operating_points(recipe, trained, calibration)
    return ModelSpec(
        name=recipe.name,
        version=recipe.version,
        task="classifier",
        architecture=recipe.architecture,
        architecture_options=recipe.options,
        case_types=recipe.case_types,
        labels=trained.labels,
        input=InputSpec(recipe.size, MEAN, STD, trained.maker.settings.to_dict()),
        calibration=calibration,
        operating_points=points,
        triage=dense_triage(recipe.triage, trained, calibration, points) if recipe.triage else None,
        familiarity=familiarity,
        training=training,
    )


def dense_calibrations(trained: TrainedDense) -> dict[str, Calibration]:
    """One per label, from the out-of-fold logits of the images annotated for it."""
    return {
        label: fit_calibration(trained.out_of_fold.logits[known, index], present[known])
        for index, (label, known, present) in enumerate(annotated_columns(trained))
    }


def annotated_columns(trained: TrainedDense) -> list[tuple[str, Flags, Flags]]:
    """Of every label: its name, which images were annotated for it, which show it; bool (n,) each."""
    findings, known = trained.data.findings > 0.5, trained.data.known
    return [(label, known[:, index], findings[:, index]) for index, label in enumerate(trained.labels)]


def dense_operating_points(
    recipe: DenseRecipe, trained: TrainedDense, calibration: dict[str, Calibration]
) -> dict[str, OperatingPoint]:
    """One per label, for the recipe's sensitivity or specificity, out of fold."""
    probabilities = out_of_fold_probabilities(trained, calibration)
    return {
        label: choose_operating_point(
            present[known],
            probabilities[known, index],
            _groups(trained, known),
            data_digest=trained.manifest.digest,
            sensitivity=recipe.sensitivity,
            specificity=recipe.specificity,
        )
        for index, (label, known, present) in enumerate(annotated_columns(trained))
    }


def out_of_fold_probabilities(trained: TrainedDense, calibration: dict[str, Calibration]) -> Floats:
    """float64 (n, L), calibrated."""
    logits = trained.out_of_fold.logits
    columns = [calibrated(logits[:, index], calibration[label]) for index, label in enumerate(trained.labels)]
    return np.stack(columns, axis=1)


def dense_triage(
    rule: TriageRule,
    trained: TrainedDense,
    calibration: dict[str, Calibration],
    points: dict[str, OperatingPoint],
) -> TriageSpec:
    """From one label's two thresholds, or from the operating points of several labels."""
    probabilities = out_of_fold_probabilities(trained, calibration)
    if rule.kind == "any_finding":
        known = trained.data.known[:, [trained.labels.index(label) for label in rule.labels]].all(axis=1)
        return any_finding_triage(
            rule,
            trained.labels,
            probabilities[known],
            (trained.data.findings > 0.5)[known],
            points,
            _groups(trained, known),
            trained.manifest.digest,
        )
    assert rule.label is not None
    index = trained.labels.index(rule.label)
    _, known, present = annotated_columns(trained)[index]
    sample = present[known], probabilities[known, index], _groups(trained, known)
    digest = trained.manifest.digest
    urgent = choose_operating_point(
        *sample, data_digest=digest, sensitivity=rule.urgent_sensitivity, specificity=rule.urgent_specificity
    )
    flagged = choose_operating_point(*sample, data_digest=digest, sensitivity=rule.flagged_sensitivity)
    return TriageSpec(rule.kind, 1.0, rule.label, urgent, flagged, rule.sentence_source)


def dense_familiarity(recipe: DenseRecipe, trained: TrainedDense) -> tuple[FamiliaritySpec, Tensors]:
    """Region of the train features, plain and augmented; the threshold is left-out groups'."""
    groups, distances = [image.group for image in trained.images], np.empty(trained.pooled.shape[1])
    for rows, left_out in grouped_folds(groups, [0] * len(groups), folds=recipe.folds, seed=0):
        region = fit_region(np.concatenate(trained.pooled[:, rows]))
        distances[left_out] = squared_distances(trained.pooled[0, left_out], region)
    region = fit_region(np.concatenate(trained.pooled))
    threshold = float(np.quantile(distances, recipe.familiarity_quantile))
    tensors: Tensors = {
        "familiarity.mean": region.mean.astype(np.float32),
        "familiarity.whitener": region.whitener.astype(np.float32),
    }
    return FamiliaritySpec(threshold, recipe.familiarity_quantile, len(distances)), tensors


def _groups(trained: TrainedDense, known: Flags) -> list[str]:
    return [image.group for image, counts in zip(trained.images, known, strict=True) if counts]
