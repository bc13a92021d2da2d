"""A pair's recipe from labelled images to its artefact and manifest. The hold-out is left to the evaluator."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from feedback.learning.classifier_artefact import Tensors, fit_familiarity, network_tensors
from feedback.learning.dense.artefact import dense_spec
from feedback.learning.labelled_sets import LabelledImage, of_split
from feedback.learning.outcome import TrainingOutcome, training_facts, write_outcome
from feedback.learning.paired.figures import paired_figures
from feedback.learning.paired.run import TrainedPair, train_paired_recipe
from feedback.learning.provenance import Provenance
from feedback.learning.recipes.paired import PairedRecipe
from feedback.learning.runs import RunOptions
from registry.runtime.values import FamiliaritySpec, ModelSpec


def run_paired(
    recipe: PairedRecipe,
    images: list[LabelledImage],
    data: Path | None,
    options: RunOptions,
    provenance: Provenance,
) -> TrainingOutcome:
    """Train on the train split, calibrate out of fold, write artefact and manifest; `data` is not needed."""
    trained = train_paired_recipe(recipe, of_split(images, "train"), options)
    familiarity, region = paired_familiarity(recipe, trained)
    facts = training_facts(
        provenance,
        options,
        backbone=trained.head.body_source,
        manifest=trained.head.manifest,
        lines=trained.head.lines,
        out_of_fold=paired_figures(recipe, trained),
    )
    spec = _spec(recipe, trained, familiarity, facts)
    tensors = {**network_tensors(trained.network.state_dict()), **region}
    losses = (*trained.dense.losses, *trained.head.losses)
    return write_outcome(spec, tensors, trained.head.lines, losses, options)


def _spec(recipe: PairedRecipe, trained: TrainedPair, familiarity: FamiliaritySpec, facts: dict[str, Any]) -> ModelSpec:
    return replace(
        dense_spec(recipe.dense, trained.answers, familiarity, facts),
        name=recipe.name,
        version=recipe.version,
        architecture=recipe.architecture,
        architecture_options=trained.options,
    )


def paired_familiarity(recipe: PairedRecipe, trained: TrainedPair) -> tuple[FamiliaritySpec, Tensors]:
    """The region of the frozen body's features: the dense network's channels, which come first, do not count."""
    spec, region = fit_familiarity(recipe.head, trained.head)
    before = trained.dense.network.head.in_features
    padded = {name: np.pad(values, [(before, 0), *[(0, 0)] * (values.ndim - 1)]) for name, values in region.items()}
    return spec, padded
