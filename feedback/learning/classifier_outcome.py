"""A classifier's recipe from labelled images to its artefact and card."""

from pathlib import Path
from typing import Any

from feedback.learning.card import classifier_card
from feedback.learning.classifier_artefact import classifier_spec, fit_familiarity, network_tensors
from feedback.learning.classifier_evaluation import evaluate_classifier, predicted_hold_out
from feedback.learning.classifier_run import TrainedClassifier, train_classifier_recipe
from feedback.learning.features import FeatureStore
from feedback.learning.floor import floor_scores
from feedback.learning.inputs import inversion_rates
from feedback.learning.labelled_sets import LabelledImage, manifest_of, of_split
from feedback.learning.outcome import TrainingOutcome, training_facts, write_outcome
from feedback.learning.provenance import Provenance, hold_out_reading
from feedback.learning.recipes import ClassifierRecipe
from feedback.learning.runs import RunOptions
from feedback.learning.strangers import frames_of, share_beyond, strangers
from registry.runtime.values import ModelSpec


def run_classifier(
    recipe: ClassifierRecipe,
    images: list[LabelledImage],
    data: Path | None,
    options: RunOptions,
    provenance: Provenance,
) -> TrainingOutcome:
    """Train, calibrate out of fold, read the hold-out at the end."""
    train, hold_out = of_split(images, "train"), of_split(images, "val")
    trained = train_classifier_recipe(recipe, train, options)
    familiarity, region = fit_familiarity(recipe, trained)
    spec = classifier_spec(recipe, trained, familiarity, {})
    metrics = _classifier_metrics(recipe, trained, spec, train, hold_out, options)
    others = strangers(data, own=recipe.terms.name) if data is not None else {}
    metrics["unfamiliar"] = {
        name: share_beyond(trained, frames, familiarity, region)
        for name, frames in {"its own hold-out": frames_of(hold_out), **others}.items()
    }
    metrics["hold_out_readings"] = hold_out_reading(options.out / f"{recipe.name}.hold-out-readings")
    facts = training_facts(provenance, options, trained.manifest, manifest_of(hold_out, terms=recipe.terms), metrics)
    spec = classifier_spec(recipe, trained, familiarity, facts)
    tensors = {**network_tensors(trained.network.state_dict()), **region}
    return write_outcome(spec, tensors, classifier_card(recipe, spec), trained.losses, options)


def _classifier_metrics(
    recipe: ClassifierRecipe,
    trained: TrainedClassifier,
    spec: ModelSpec,
    train: list[LabelledImage],
    hold_out: list[LabelledImage],
    options: RunOptions,
) -> dict[str, Any]:
    """The hold-out is opened here, after everything has been fitted."""
    store = FeatureStore(options.features, trained.network.body, trained.maker)
    unseen = store.view(hold_out, data_digest=manifest_of(hold_out, terms=recipe.terms).digest)
    seen = store.view(train, data_digest=trained.manifest.digest)
    predicted = predicted_hold_out(trained.network, hold_out, unseen, floor_scores(seen, trained.targets, unseen))
    metrics = evaluate_classifier(trained.network, spec, trained.maker, predicted)
    assert trained.maker.settings.invert is not None
    return {**metrics, "inversion": inversion_rates(hold_out, trained.maker.settings.invert)}
