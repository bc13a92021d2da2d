"""A detector's recipe from labelled images to its artefact. The hold-out is left to the evaluator."""

from pathlib import Path

from feedback.learning.classifier_artefact import network_tensors
from feedback.learning.detector_artefact import detector_spec, fit_detector
from feedback.learning.detector_run import TrainedDetector, train_detector_recipe
from feedback.learning.labelled_sets import LabelledImage, of_split
from feedback.learning.manifests import manifest_lines
from feedback.learning.outcome import TrainingOutcome, training_facts, write_outcome
from feedback.learning.provenance import Provenance
from feedback.learning.recipes import DetectorRecipe
from feedback.learning.runs import RunOptions


def run_detector(
    recipe: DetectorRecipe,
    images: list[LabelledImage],
    data: Path | None,
    options: RunOptions,
    provenance: Provenance,
) -> TrainingOutcome:
    """Train on the train split, calibrate on its held-out slice, write artefact and manifest; `data` is not needed."""
    train = of_split(images, "train")
    trained: TrainedDetector = train_detector_recipe(recipe, train, options)
    fit = fit_detector(recipe, trained)
    lines = manifest_lines(recipe.terms.name, [image.path for image in train])
    facts = training_facts(
        provenance,
        options,
        backbone=trained.body_source,
        manifest=trained.manifest,
        lines=lines,
        out_of_fold=fit.figures,
    )
    spec = detector_spec(recipe, trained, fit, facts)
    tensors = network_tensors(trained.network.state_dict())
    return write_outcome(spec, tensors, lines, trained.losses, options, eight_bit=True)
