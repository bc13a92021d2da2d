"""A dense recipe from labelled images to its artefact and manifest. The hold-out is left to the evaluator."""

from dataclasses import replace
from pathlib import Path

from feedback.learning.backbone import SOURCE
from feedback.learning.classifier_artefact import network_tensors
from feedback.learning.dense.artefact import dense_calibrations, dense_familiarity, dense_spec
from feedback.learning.dense.figures import dense_figures
from feedback.learning.dense.run import train_dense_recipe
from feedback.learning.labelled_sets import LabelledImage, of_split
from feedback.learning.manifests import manifest_lines
from feedback.learning.outcome import TrainingOutcome, training_facts, write_outcome
from feedback.learning.provenance import Provenance
from feedback.learning.recipes.dense import DenseRecipe
from feedback.learning.runs import RunOptions


def run_dense(
    recipe: DenseRecipe,
    images: list[LabelledImage],
    data: Path | None,
    options: RunOptions,
    provenance: Provenance,
) -> TrainingOutcome:
    """Train on the train split, calibrate out of fold, write artefact and manifest; `data` is not needed."""
    trained = train_dense_recipe(recipe, of_split(images, "train"), options)
    lines = manifest_lines(recipe.terms.name, [image.path for image in trained.images])
    facts = training_facts(
        provenance,
        options,
        backbone=SOURCE,
        manifest=trained.manifest,
        lines=lines,
        out_of_fold=dense_figures(trained, dense_calibrations(trained)),
    )
    trained = replace(trained, manifest=replace(trained.manifest, digest=facts["train"]["digest"]))
    familiarity, region = dense_familiarity(recipe, trained)
    spec = dense_spec(recipe, trained, familiarity, facts)
    tensors = {**network_tensors(trained.network.state_dict()), **region}
    return write_outcome(spec, tensors, lines, trained.losses, options)
