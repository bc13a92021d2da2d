"""A classifier's recipe from labelled images to its artefact. The hold-out is left to the evaluator."""

from pathlib import Path

from feedback.learning.classifier_artefact import classifier_spec, fit_familiarity, network_tensors
from feedback.learning.classifier_run import train_classifier_recipe
from feedback.learning.labelled_sets import LabelledImage, of_split
from feedback.learning.outcome import TrainingOutcome, training_facts, write_outcome
from feedback.learning.provenance import Provenance
from feedback.learning.recipes import ClassifierRecipe
from feedback.learning.runs import RunOptions


def run_classifier(
    recipe: ClassifierRecipe,
    images: list[LabelledImage],
    data: Path | None,
    options: RunOptions,
    provenance: Provenance,
) -> TrainingOutcome:
    """Train on the train split, calibrate out of fold, write artefact and manifest; `data` is not needed."""
    trained = train_classifier_recipe(recipe, of_split(images, "train"), options)
    familiarity, region = fit_familiarity(recipe, trained)
    facts = training_facts(
        provenance,
        options,
        backbone=trained.body_source,
        manifest=trained.manifest,
        lines=trained.lines,
        out_of_fold=trained.figures,
    )
    spec = classifier_spec(recipe, trained, familiarity, facts)
    tensors = {**network_tensors(trained.network.state_dict()), **region}
    return write_outcome(spec, tensors, trained.lines, trained.losses, options)
