"""One recipe from a folder of labelled sets to an artefact with its card."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from feedback.learning.backbone import SOURCE
from feedback.learning.card import classifier_card, detector_card
from feedback.learning.classifier_artefact import classifier_spec, fit_familiarity, network_tensors
from feedback.learning.classifier_evaluation import evaluate_classifier, predicted_hold_out
from feedback.learning.classifier_run import TrainedClassifier, train_classifier_recipe
from feedback.learning.detector_artefact import detector_spec, evaluate_detector, fit_detector
from feedback.learning.detector_run import TrainedDetector, train_detector_recipe
from feedback.learning.errors import RecipeUnknown
from feedback.learning.features import FeatureStore
from feedback.learning.floor import floor_scores
from feedback.learning.inputs import inversion_rates
from feedback.learning.labelled_sets import LabelledImage, Manifest, manifest_of, of_split, read_set
from feedback.learning.phantoms import write_phantoms
from feedback.learning.provenance import Provenance, hold_out_reading, provenance_of
from feedback.learning.publish import metrics_json, publish, without_nan
from feedback.learning.recipes import RECIPES, ClassifierRecipe, DetectorRecipe
from feedback.learning.runs import RunOptions
from feedback.learning.strangers import frames_of, share_beyond, strangers
from registry.runtime.artefacts import artefact_write
from registry.runtime.engines.allocator import keep_freed_memory
from registry.runtime.values import ModelSpec

Tensors = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What a run leaves behind.

    Attributes:
        losses: of every step of the final network.
    """

    spec: ModelSpec
    artefact: Path
    sha256: str
    card: str
    losses: tuple[float, ...]


def train_recipe(
    name: str, *, data: Path | None, options: RunOptions, command: Sequence[str], threads: int = 1
) -> TrainingOutcome:
    """Train, calibrate out of fold, read the hold-out at the end, write artefact, metrics and card into `options.out`.

    Args:
        data: the folder that holds the labelled sets' folders; a miniature makes its own phantoms when it is None.
        command: as typed, for the card.
    Raises:
        RecipeUnknown, LabelledSetUnusable, LabelledSetNotShipped, HoldOutLeak, CheckpointMismatch, TrainingDiverged.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise RecipeUnknown(remedy=f"Choose one of: {', '.join(sorted(RECIPES))}.")
    keep_freed_memory()
    torch.set_num_threads(threads)  # a fixed number is part of what makes a run repeatable bit for bit
    folder = _set_folder(recipe, data, options)
    images = read_set(folder, terms=recipe.terms)
    provenance = provenance_of(options.out / f"{name}.run.json", command=command, resume=options.resume)
    if isinstance(recipe, ClassifierRecipe):
        return _classifier(recipe, images, data, options, provenance)
    return _detector(recipe, images, options, provenance)


def publish_outcome(outcome: TrainingOutcome) -> None:
    """Put a version among the starter models."""
    publish(outcome.spec, artefact=outcome.artefact, sha256=outcome.sha256, card=outcome.card)


def _set_folder(recipe: ClassifierRecipe | DetectorRecipe, data: Path | None, options: RunOptions) -> Path:
    if data is not None:
        return data / recipe.terms.name
    folder = options.out / recipe.terms.name
    if recipe.terms.name == "phantoms" and not (folder / "annotations.json").exists():
        write_phantoms(folder, seed=options.seed)
    return folder


def _classifier(
    recipe: ClassifierRecipe,
    images: list[LabelledImage],
    data: Path | None,
    options: RunOptions,
    provenance: Provenance,
) -> TrainingOutcome:
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
    return _written(spec, tensors, classifier_card(recipe, spec), trained.losses, options)


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


def _detector(
    recipe: DetectorRecipe, images: list[LabelledImage], options: RunOptions, provenance: Provenance
) -> TrainingOutcome:
    train, hold_out = of_split(images, "train"), of_split(images, "val")
    trained: TrainedDetector = train_detector_recipe(recipe, train, options)
    fit = fit_detector(recipe, trained)
    metrics = evaluate_detector(trained, fit, hold_out)
    metrics["hold_out_readings"] = hold_out_reading(options.out / f"{recipe.name}.hold-out-readings")
    facts = training_facts(provenance, options, trained.manifest, manifest_of(hold_out, terms=recipe.terms), metrics)
    spec = detector_spec(recipe, trained, fit, facts)
    tensors = network_tensors(trained.network.state_dict())
    return _written(spec, tensors, detector_card(recipe, spec), trained.losses, options)


def training_facts(
    provenance: Provenance, options: RunOptions, manifest: Manifest, hold_out: Manifest, metrics: dict[str, Any]
) -> dict[str, Any]:
    """Provenance and measurements as the artefact keeps them."""
    return {
        **asdict(provenance),
        "seed": options.seed,
        "backbone": SOURCE,
        "train": asdict(manifest),
        "hold_out": {"digest": hold_out.digest, "n_images": hold_out.n_images, "n_groups": hold_out.n_groups},
        "metrics": without_nan(metrics),
    }


def _written(
    spec: ModelSpec, tensors: Tensors, card: str, losses: tuple[float, ...], options: RunOptions
) -> TrainingOutcome:
    path = options.out / f"{spec.name}-{spec.version}.safetensors"
    sha256 = artefact_write(path, spec, tensors)
    card = card.replace("{sha256}", sha256)
    path.with_suffix(".md").write_text(card)
    path.with_suffix(".metrics.json").write_text(metrics_json(spec.training["metrics"]))
    return TrainingOutcome(spec, path, sha256, card, losses)
