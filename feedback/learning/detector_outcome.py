"""A detector's recipe from labelled images to its artefact and card."""

from pathlib import Path

from feedback.learning.card import detector_card
from feedback.learning.classifier_artefact import network_tensors
from feedback.learning.detector_artefact import detector_spec, evaluate_detector, fit_detector
from feedback.learning.detector_run import TrainedDetector, train_detector_recipe
from feedback.learning.labelled_sets import LabelledImage, manifest_of, of_split
from feedback.learning.outcome import TrainingOutcome, training_facts, write_outcome
from feedback.learning.provenance import Provenance, hold_out_reading
from feedback.learning.recipes import DetectorRecipe
from feedback.learning.runs import RunOptions


def run_detector(
    recipe: DetectorRecipe,
    images: list[LabelledImage],
    data: Path | None,
    options: RunOptions,
    provenance: Provenance,
) -> TrainingOutcome:
    """Train, calibrate, read the hold-out at the end; `data` is not needed."""
    train, hold_out = of_split(images, "train"), of_split(images, "val")
    trained: TrainedDetector = train_detector_recipe(recipe, train, options)
    fit = fit_detector(recipe, trained)
    metrics = evaluate_detector(trained, fit, hold_out)
    metrics["hold_out_readings"] = hold_out_reading(options.out / f"{recipe.name}.hold-out-readings")
    facts = training_facts(provenance, options, trained.manifest, manifest_of(hold_out, terms=recipe.terms), metrics)
    spec = detector_spec(recipe, trained, fit, facts)
    tensors = network_tensors(trained.network.state_dict())
    return write_outcome(spec, tensors, detector_card(recipe, spec), trained.losses, options)
