"""The members of a pair, trained one after the other on the same images, and what they say together out of fold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from feedback.learning.classifier_run import TrainedClassifier, train_classifier_recipe
from feedback.learning.dense.run import TrainedDense, train_dense_recipe
from feedback.learning.labelled_sets import LabelledImage
from feedback.learning.recipes.paired import PairedRecipe
from feedback.learning.runs import RunOptions
from registry.runtime.architectures import build
from registry.runtime.architectures.paired_heads import PairedHeads


@dataclass(frozen=True, slots=True)
class TrainedPair:
    """A trained pair.

    Attributes:
        options: of the architecture.
        head: the head on the frozen body; dense: the dense network. Both with all labels, as they were trained.
        answers: the dense training with the logits of whichever member answers: what is calibrated and measured.
    """

    network: PairedHeads
    options: dict[str, Any]
    head: TrainedClassifier
    dense: TrainedDense
    answers: TrainedDense


def train_paired_recipe(recipe: PairedRecipe, images: Sequence[LabelledImage], options: RunOptions) -> TrainedPair:
    """Train both members out of fold and on everything, and put them side by side.

    Raises:
        HoldOutLeak: an image is not of the train split.
        BackboneUnavailable, CheckpointMismatch, TrainingDiverged.
    """
    dense = train_dense_recipe(recipe.dense, images, options)
    head = train_classifier_recipe(recipe.head, images, options)
    stated = paired_options(recipe, dense.labels)
    network = build(recipe.architecture, stated, dense.labels)
    assert isinstance(network, PairedHeads)
    network.take(0, dense.network)
    network.take(1, head.network)
    return TrainedPair(network.eval(), stated, head, dense, _answers(recipe, dense, head))


def paired_options(recipe: PairedRecipe, labels: tuple[str, ...]) -> dict[str, Any]:
    """Of the architecture "paired_heads": the dense network first."""
    dense, head = recipe.dense, recipe.head
    others = [label for label in labels if label not in recipe.from_head]
    return {
        "members": [
            {"architecture": dense.architecture, "options": dict(dense.options), "labels": others},
            {"architecture": head.architecture, "options": head.shipped_options, "labels": list(recipe.from_head)},
        ]
    }


def _answers(recipe: PairedRecipe, dense: TrainedDense, head: TrainedClassifier) -> TrainedDense:
    """Every image was left out by both members: their folds differ, and neither saw a group that it predicts."""
    logits = dense.out_of_fold.logits.copy()
    for label in recipe.from_head:
        logits[:, dense.labels.index(label)] = head.out_of_fold.logits[:, head.labels.index(label)]
    return replace(dense, out_of_fold=replace(dense.out_of_fold, logits=logits), manifest=head.manifest)
