"""The classifier recipe from labelled images to a trained network and what was predicted out of fold."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from feedback.learning.bodies import PretrainedBody, pretrained_body
from feedback.learning.context_probe import with_context_probe
from feedback.learning.features import FeatureStore, StageFeatures
from feedback.learning.folds import grouped_folds
from feedback.learning.head_training import (
    HeadPredictions,
    HeadTargets,
    HeadTask,
    predict_head,
    steps_per_epoch,
    targets_of,
    train_head,
)
from feedback.learning.inputs import InputMaker, fit_inversion_rule
from feedback.learning.labelled_sets import PHANTOMS, LabelledImage, Manifest, training_manifest
from feedback.learning.loop import Run, Schedule
from feedback.learning.manifests import joined_manifest, manifest_digest, manifest_lines
from feedback.learning.out_of_fold import exposure_of, out_of_fold_figures
from feedback.learning.recipes import ClassifierRecipe
from feedback.learning.runs import RunOptions, fingerprint_of
from registry.runtime.architectures import build
from registry.runtime.architectures.staged_head import StagedHead


@dataclass(frozen=True, slots=True)
class TrainedClassifier:
    """A trained network with what calibration, familiarity and card need.

    Attributes:
        out_of_fold: predictions of every train image by a network that saw none of its patient's.
        figures: what the out-of-fold predictions say of the recipe.
        pooled: features (views, n, C) of the train images by the final network, the plain view first.
        manifest: of the labelled train images; lines: of every file that touched the weights.
    """

    network: StagedHead
    maker: InputMaker
    labels: tuple[str, ...]
    images: tuple[LabelledImage, ...]
    targets: HeadTargets
    out_of_fold: HeadPredictions
    figures: dict[str, Any]
    pooled: NDArray[np.float64]
    manifest: Manifest
    lines: tuple[str, ...]
    body_source: str
    losses: tuple[float, ...]


def train_classifier_recipe(
    recipe: ClassifierRecipe, images: Sequence[LabelledImage], options: RunOptions
) -> TrainedClassifier:
    """Train out of fold, then on everything.

    Raises:
        HoldOutLeak: an image is not of the train split.
        BackboneUnavailable, CheckpointMismatch, TrainingDiverged.
    """
    own = manifest_lines(recipe.terms.name, [image.path for image in images])
    manifest = dataclasses.replace(training_manifest(images, terms=recipe.terms), digest=manifest_digest(own))
    labels = frequent_labels(images, fewest=recipe.fewest_positives)
    targets = targets_of(images, labels)
    maker = InputMaker(recipe.size, dataclasses.replace(recipe.settings, invert=fit_inversion_rule(images)))
    body = pretrained_body(recipe.body, options, is_miniature=recipe.terms == PHANTOMS)
    store = FeatureStore(options.features, body, maker)
    views = cached_views(store, recipe, images, manifest.digest, seed=options.seed)
    trainer = _Trainer(recipe, labels, views, targets, options, manifest.digest, body)
    out_of_fold = _predict_out_of_fold(trainer, images)
    figures = out_of_fold_figures(
        labels, targets, out_of_fold, views[0].boxes, exposure_of(images), input_size=recipe.size
    )
    everyone = np.arange(len(images))
    network, losses = trainer.train(fresh_network(recipe, labels, body, seed=options.seed), everyone, name=recipe.name)
    as_stored(network)
    return TrainedClassifier(
        network=network,
        maker=maker,
        labels=labels,
        images=tuple(images),
        targets=targets,
        out_of_fold=out_of_fold,
        figures=figures,
        pooled=np.stack([predict_head(network, view, everyone).pooled for view in views]),
        manifest=manifest,
        lines=joined_manifest(own, body.manifest),
        body_source=body.source,
        losses=tuple(losses),
    )


def frequent_labels(images: Sequence[LabelledImage], *, fewest: int) -> tuple[str, ...]:
    """Findings with enough images to learn from, in alphabetical order."""
    counts: dict[str, int] = {}
    for image in images:
        for label in image.findings:
            counts[label] = counts.get(label, 0) + 1
    return tuple(sorted(label for label, count in counts.items() if count >= fewest))


def fresh_network(recipe: ClassifierRecipe, labels: tuple[str, ...], body: PretrainedBody, *, seed: int) -> StagedHead:
    """Seeded head on the pretrained body."""
    torch.manual_seed(seed)
    network = build(recipe.architecture, dict(recipe.options), labels)
    assert isinstance(network, StagedHead)
    network.body.load_state_dict(body.weights)
    return network.to(memory_format=torch.channels_last)


def cached_views(
    store: FeatureStore, recipe: ClassifierRecipe, images: Sequence[LabelledImage], data_digest: str, *, seed: int
) -> list[StageFeatures]:
    """The plain view and the recipe's augmented ones."""
    plain = store.view(images, data_digest=data_digest)
    augmented = (
        store.view(images, data_digest=data_digest, augmentation=recipe.augmentation, seed=(seed, number))
        for number in range(1, recipe.views + 1)
    )
    return [plain, *augmented]


def as_stored(network: nn.Module) -> None:
    """Round the weights as the artefact will (float16, BatchNorm in full), so that what is measured is what ships."""
    with torch.no_grad():
        for module in network.modules():
            if not isinstance(module, nn.BatchNorm2d):
                for value in module.parameters(recurse=False):
                    value.copy_(value.half().float())
    network.eval()


@dataclass(frozen=True, slots=True)
class _Trainer:
    """What every fold and the final training share."""

    recipe: ClassifierRecipe
    labels: tuple[str, ...]
    views: list[StageFeatures]
    targets: HeadTargets
    options: RunOptions
    data_digest: str
    body: PretrainedBody

    def train(self, network: StagedHead, rows: NDArray[np.int64], *, name: str) -> tuple[StagedHead, list[float]]:
        recipe, epochs = self.recipe, self.options.epochs or self.recipe.epochs
        task = HeadTask(self.labels, recipe.size, recipe.batch, recipe.box_weight, recipe.triage_weight, recipe.dropout)
        schedule = Schedule(
            steps=epochs * steps_per_epoch(len(rows), task),
            learning_rate=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            checkpoint_every=recipe.checkpoint_every,
        )
        data = f"{self.data_digest} {self.body.source}"
        fingerprint = fingerprint_of(recipe, seed=self.options.seed, epochs=epochs, data_digest=data)
        checkpoint = self.options.out / f"{name}.checkpoint"
        run = Run(name, self.options.seed, fingerprint, checkpoint, self.options.resume)
        losses = train_head(network, self.views, self.targets, rows, task, schedule=schedule, run=run)
        return self._with_probe(network, rows), losses

    def _with_probe(self, network: StagedHead, rows: NDArray[np.int64]) -> StagedHead:
        recipe = self.recipe
        if not recipe.context:
            return network
        widened = build(recipe.architecture, recipe.shipped_options, self.labels)
        assert isinstance(widened, StagedHead)
        return with_context_probe(
            network,
            widened.to(memory_format=torch.channels_last),
            self.views[: recipe.probe_views + 1],
            self.targets,
            rows,
            inverse_penalty=recipe.probe_inverse_penalty,
            network_share=recipe.network_share,
            triage_share=recipe.triage_share,
        )


def _predict_out_of_fold(trainer: _Trainer, images: Sequence[LabelledImage]) -> HeadPredictions:
    """Every image predicted by the network that was trained without its group."""
    strata = [image.triage or bool(image.findings) for image in images]
    groups, seed = [image.group for image in images], trainer.options.seed
    parts: list[HeadPredictions] = []
    left_out_rows = []
    for number, (rows, left_out) in enumerate(grouped_folds(groups, strata, folds=trainer.recipe.folds, seed=seed)):
        network = fresh_network(trainer.recipe, trainer.labels, trainer.body, seed=seed + 1 + number)
        network, _ = trainer.train(network, rows, name=f"{trainer.recipe.name}-fold{number}")
        parts.append(predict_head(network, trainer.views[0], left_out))
        left_out_rows.append(left_out)
    order = np.argsort(np.concatenate(left_out_rows))
    has_triage = parts[0].triage is not None
    return HeadPredictions(
        logits=np.concatenate([part.logits for part in parts])[order],
        triage=np.concatenate([part.triage for part in parts if part.triage is not None])[order]
        if has_triage
        else None,
        pooled=np.concatenate([part.pooled for part in parts])[order],
        peaks=np.concatenate([part.peaks for part in parts])[order],
    )
