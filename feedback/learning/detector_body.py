"""Where a detector's body starts: the dense classifier of the same films, from the fold that left the slice out."""

import dataclasses
from collections.abc import Sequence

import torch
from torch import nn

from feedback.learning.backbone import SOURCE, imagenet_lite0
from feedback.learning.dense.run import FirstFold, train_first_fold
from feedback.learning.labelled_sets import LabelledImage
from feedback.learning.recipes import DetectorRecipe
from feedback.learning.runs import RunOptions
from registry.runtime.architectures.detector_body import DetectorBody
from registry.runtime.architectures.lite0_dense import folded_lite0

NOT_OF_THE_BODY = ("conv_head.", "bn2.", "classifier.")


def fill_body(body: DetectorBody, recipe: DetectorRecipe, images: Sequence[LabelledImage], options: RunOptions) -> str:
    """Give the body its first weights, and say where they come from; trains the dense classifier's first fold where
    that is not there yet.

    The fold is kept beside the runs (`detector_bodies`), so that both families of a set train it once. What it left out
    neither body nor detector ever sees: see detector_run.calibration_films.

    Raises:
        HoldOutLeak, CheckpointMismatch, TrainingDiverged.
    """
    if recipe.body is None:
        fill_with_imagenet(body)
        return SOURCE
    own = options.bodies.parent / "detector_bodies" / recipe.body.name
    fold = train_first_fold(recipe.body, images, dataclasses.replace(options, out=own, epochs=None, resume=True))
    body.dense.load_state_dict(of_labels(fold, recipe.labels), strict=True)
    return f"{SOURCE}; then fold 0 of the recipe {recipe.body.name}"


def fill_with_imagenet(body: DetectorBody) -> None:
    """Stem and late stages from ImageNet; neck and head stay as they were drawn."""
    kept = {name: value for name, value in imagenet_lite0().items() if not name.startswith(NOT_OF_THE_BODY)}
    for name, part in folded_lite0(kept).items():
        body.dense.get_submodule(name).load_state_dict(part.state_dict())


def of_labels(fold: FirstFold, labels: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """The classifier's weights with the head's rows in another order of labels; a label it lacks starts at zero."""
    state = dict(fold.network.state_dict())
    head: nn.Linear = fold.network.head
    for name, own in (("head.weight", head.weight), ("head.bias", head.bias)):
        rows = [own[fold.labels.index(label)] if label in fold.labels else torch.zeros_like(own[0]) for label in labels]
        state[name] = torch.stack(rows).detach()
    return state
