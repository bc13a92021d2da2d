"""The dense recipe from labelled images to a trained network and what was predicted out of fold."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from feedback.learning.backbone import imagenet_lite0
from feedback.learning.classifier_run import as_stored, frequent_labels
from feedback.learning.dense.stems import StemFeatures, StemStore
from feedback.learning.dense.targets import cell_targets, known_labels
from feedback.learning.dense.training import DenseData, DensePredictions, predict_dense, train_dense
from feedback.learning.folds import grouped_folds
from feedback.learning.inputs import InputMaker, fit_inversion_rule
from feedback.learning.labelled_sets import LabelledImage, Manifest, training_manifest
from feedback.learning.loop import Run
from feedback.learning.recipes.dense import DenseRecipe
from feedback.learning.runs import RunOptions, fingerprint_of
from registry.runtime.architectures import build
from registry.runtime.architectures.lite0_dense import Lite0Dense, folded_lite0


@dataclass(frozen=True, slots=True)
class TrainedDense:
    """A trained network with what calibration, familiarity and report need.

    Attributes:
        data: of the train images; its first view is the plain one.
        out_of_fold: predictions of every train image, in their order, by a network that saw none of its group.
        fold_networks: every fold's network with the rows that it never saw.
        pooled: mean-pooled features (views, n, C) of the train images by the final network, the plain view first.
        losses: of every step of the final network.
    """

    network: Lite0Dense
    maker: InputMaker
    labels: tuple[str, ...]
    images: tuple[LabelledImage, ...]
    data: DenseData
    out_of_fold: DensePredictions
    fold_networks: tuple[tuple[Lite0Dense, NDArray[np.int64]], ...]
    pooled: NDArray[np.float64]
    manifest: Manifest
    losses: tuple[float, ...]


def train_dense_recipe(recipe: DenseRecipe, images: Sequence[LabelledImage], options: RunOptions) -> TrainedDense:
    """Train out of fold, then on everything.

    Raises:
        HoldOutLeak: an image is not of the train split.
        CheckpointMismatch, TrainingDiverged.
    """
    ground = _ground(recipe, images, options)
    trainer, labels, data, views = ground.trainer, ground.labels, ground.trainer.data, ground.trainer.data.views
    fold_networks = tuple(_fold_networks(trainer, images, labels))
    out_of_fold = _predict_out_of_fold(fold_networks, views[0])
    network = fresh_dense(recipe, labels, seed=options.seed)
    losses = trainer.train(network, np.arange(len(images)), name=recipe.name)
    as_stored(network)
    everyone = np.arange(len(images))
    pooled = np.stack([predict_dense(network, view, everyone).pooled for view in views[:2]])
    return TrainedDense(
        network,
        ground.maker,
        labels,
        tuple(images),
        data,
        out_of_fold,
        fold_networks,
        pooled,
        ground.manifest,
        tuple(losses),
    )


@dataclass(frozen=True, slots=True)
class FirstFold:
    """The first fold's network alone, for what starts from its body."""

    network: Lite0Dense
    labels: tuple[str, ...]


def train_first_fold(recipe: DenseRecipe, images: Sequence[LabelledImage], options: RunOptions) -> FirstFold:
    """What train_dense_recipe trains first, and no more of it. Raises what that does."""
    ground = _ground(recipe, images, options)
    network, _ = next(_fold_networks(ground.trainer, images, ground.labels))
    return FirstFold(network, ground.labels)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every network of a recipe is trained on."""

    manifest: Manifest
    labels: tuple[str, ...]
    maker: InputMaker
    trainer: "_Trainer"


def _ground(recipe: DenseRecipe, images: Sequence[LabelledImage], options: RunOptions) -> _Ground:
    manifest = training_manifest(images, terms=recipe.terms)
    labels = frequent_labels(images, fewest=recipe.fewest_positives)
    maker = InputMaker(recipe.size, dataclasses.replace(recipe.settings, invert=fit_inversion_rule(images)))
    store = StemStore(options.features, fresh_dense(recipe, labels, seed=options.seed).eval(), maker)
    views = store.views(
        images, data_digest=manifest.digest, augmentation=recipe.augmentation, seed=options.seed, count=recipe.views
    )
    data = dense_data(images, labels, views, size=recipe.size)
    return _Ground(manifest, labels, maker, _Trainer(recipe, data, options, manifest.digest))


def fresh_dense(recipe: DenseRecipe, labels: tuple[str, ...], *, seed: int) -> Lite0Dense:
    """Seeded neck and head on the ImageNet body."""
    torch.manual_seed(seed)
    network = build(recipe.architecture, dict(recipe.options), labels)
    assert isinstance(network, Lite0Dense)
    weights = imagenet_lite0()
    kept = {
        name: value for name, value in weights.items() if not name.startswith(("conv_head.", "bn2.", "classifier."))
    }
    for name, part in folded_lite0(kept).items():
        network.get_submodule(name).load_state_dict(part.state_dict())
    return network.to(memory_format=torch.channels_last)


def dense_data(
    images: Sequence[LabelledImage], labels: tuple[str, ...], views: Sequence[StemFeatures], *, size: int
) -> DenseData:
    """Targets of every view. An image counts only for the labels that it was annotated for."""
    known = known_labels(images, labels)
    cells = [
        np.stack([cell_targets(boxes, labels, known[row], size=size) for row, boxes in enumerate(view.boxes)])
        for view in views
    ]
    findings = np.array([[label in image.findings for label in labels] for image in images], dtype=np.float32)
    return DenseData(views, cells, findings, known)


@dataclass(frozen=True, slots=True)
class _Trainer:
    """What every fold and the final training share."""

    recipe: DenseRecipe
    data: DenseData
    options: RunOptions
    data_digest: str

    def train(self, network: Lite0Dense, rows: NDArray[np.int64], *, name: str) -> list[float]:
        epochs = self.options.epochs or self.recipe.epochs
        run = Run(
            name,
            self.options.seed,
            fingerprint_of(self.recipe, seed=self.options.seed, epochs=epochs, data_digest=self.data_digest),
            self.options.out / f"{name}.checkpoint",
            self.options.resume,
        )
        return train_dense(network, self.data, rows, self.recipe, epochs=epochs, run=run)


def _fold_networks(
    trainer: _Trainer, images: Sequence[LabelledImage], labels: tuple[str, ...]
) -> Iterator[tuple[Lite0Dense, NDArray[np.int64]]]:
    """Each fold's network, rounded as the artefact will be, with the rows that were left out."""
    recipe, seed = trainer.recipe, trainer.options.seed
    for number, (rows, left_out) in enumerate(folds_of(recipe, images, seed=seed)):
        network = fresh_dense(recipe, labels, seed=seed + 1 + number)
        trainer.train(network, rows, name=f"{recipe.name}-fold{number}")
        as_stored(network)
        yield network, left_out


def folds_of(
    recipe: DenseRecipe, images: Sequence[LabelledImage], *, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(rows to train on, rows left out) of every fold."""
    groups, strata = [image.group for image in images], [tuple(sorted(image.findings)) for image in images]
    return grouped_folds(groups, strata, folds=recipe.folds, seed=seed)


def _predict_out_of_fold(
    fold_networks: Sequence[tuple[Lite0Dense, NDArray[np.int64]]], plain: StemFeatures
) -> DensePredictions:
    """Every image predicted by the network that was trained without its group."""
    parts = [predict_dense(network, plain, left_out) for network, left_out in fold_networks]
    order = np.argsort(np.concatenate([left_out for _, left_out in fold_networks]))
    return DensePredictions(
        logits=np.concatenate([part.logits for part in parts])[order],
        cells=np.concatenate([part.cells for part in parts])[order],
        pooled=np.concatenate([part.pooled for part in parts])[order],
    )
