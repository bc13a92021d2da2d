"""One recipe from a folder of labelled sets to an artefact; its type says which runner trains it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from feedback.learning.classifier_outcome import run_classifier
from feedback.learning.dense.outcome import run_dense
from feedback.learning.detector_outcome import run_detector
from feedback.learning.errors import LabelledSetNotShipped, RecipeUnknown
from feedback.learning.guard.outcome import run_guard
from feedback.learning.guard.recipe import GuardRecipe
from feedback.learning.labelled_sets import read_set
from feedback.learning.outcome import TrainingOutcome
from feedback.learning.paired.outcome import run_paired
from feedback.learning.phantoms import write_phantoms
from feedback.learning.provenance import provenance_of
from feedback.learning.publish import publish
from feedback.learning.recipes import RECIPES, ClassifierRecipe, DenseRecipe, DetectorRecipe, PairedRecipe, Recipe
from feedback.learning.runs import RunOptions
from registry.runtime.engines.allocator import keep_freed_memory

__all__ = ["RUNNERS", "TrainingOutcome", "publish_outcome", "train_recipe"]

Runner = Callable[..., TrainingOutcome]
RUNNERS: dict[type[Any], Runner] = {
    ClassifierRecipe: run_classifier,
    DenseRecipe: run_dense,
    DetectorRecipe: run_detector,
    GuardRecipe: run_guard,
    PairedRecipe: run_paired,
}
"""Type of recipe -> runner(recipe, images of both splits, data folder or None, options, provenance)."""


def train_recipe(
    name: str, *, data: Path | None, options: RunOptions, command: Sequence[str], threads: int = 1
) -> TrainingOutcome:
    """Train, calibrate out of fold, and write the artefact with what belongs to it into `options.out`.

    Args:
        data: the folder that holds the labelled sets' folders; a miniature makes its own phantoms when it is None.
        command: as typed, for the artefact.
    Raises:
        RecipeUnknown, LabelledSetUnusable, LabelledSetNotShipped, HoldOutLeak, CheckpointMismatch, TrainingDiverged.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise RecipeUnknown(remedy=f"Choose one of: {', '.join(sorted(RECIPES))}.")
    keep_freed_memory()
    torch.set_num_threads(threads)  # a fixed number is part of what makes a run repeatable bit for bit
    images = read_set(_set_folder(recipe, data, options), terms=recipe.terms)
    provenance = provenance_of(options.out / f"{name}.run.json", command=command, resume=options.resume)
    return RUNNERS[type(recipe)](recipe, images, data, options, provenance)


def may_be_published(name: str) -> None:
    """Before hours of training: weights of this recipe may leave the machine.

    Raises:
        LabelledSetNotShipped.
    """
    recipe = RECIPES.get(name)
    if recipe is not None and not recipe.terms.ships:
        raise LabelledSetNotShipped


def publish_outcome(outcome: TrainingOutcome) -> None:
    """Put a version among the starter models."""
    publish(outcome.spec, artefact=outcome.artefact, sha256=outcome.sha256)


def _set_folder(recipe: Recipe, data: Path | None, options: RunOptions) -> Path:
    if data is not None:
        return data / recipe.terms.name
    folder = options.out / recipe.terms.name
    if recipe.terms.name == "phantoms" and not (folder / "annotations.json").exists():
        write_phantoms(folder, seed=options.seed)
    return folder
