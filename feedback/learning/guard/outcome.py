"""The guard's recipe from labelled sets to its artefact, card and manifest. No film of the hold-out is looked at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from feedback.learning.backbone import MEAN, SOURCE, STD
from feedback.learning.errors import LabelledSetNotShipped, LabelledSetUnusable
from feedback.learning.guard.card import guard_card
from feedback.learning.guard.features import fit_standardisation, load_early_stages, pooled_features
from feedback.learning.guard.fit import TURNS, FittedGuard, fit_guard
from feedback.learning.guard.heads import LinearHead
from feedback.learning.guard.recipe import GuardRecipe
from feedback.learning.guard.samples import OTHER, PARTIAL, guard_samples
from feedback.learning.labelled_sets import LabelledImage, Manifest, of_split, read_set
from feedback.learning.manifests import joined_manifest, manifest_digest, manifest_lines
from feedback.learning.outcome import TrainingOutcome, training_facts, write_outcome
from feedback.learning.provenance import Provenance
from feedback.learning.runs import RunOptions
from registry.runtime import architectures
from registry.runtime.architectures.intake_guard import IntakeGuard
from registry.runtime.values import InputSpec, ModelSpec


def run_guard(
    recipe: GuardRecipe,
    images: list[LabelledImage],
    data: Path | None,
    options: RunOptions,
    provenance: Provenance,
) -> TrainingOutcome:
    """Features of every sample, then the heads; everything that is chosen is chosen out of fold on train.

    Args:
        images: of the recipe's first set.
    Raises:
        LabelledSetUnusable: no folder of sets. HoldOutLeak, LabelledSetNotShipped.
    """
    if data is None:
        raise LabelledSetUnusable("A guard learns from several sets: name their folder with --data.")
    films = _films(recipe, images, data)
    lines = joined_manifest(
        *(manifest_lines(terms.name, [film.path for film in films[name]]) for name, terms in recipe.kinds)
    )
    manifest = _joined_manifest(recipe, films, lines)
    samples = guard_samples(films, drawn=recipe.drawn, seed=options.seed)
    labels = _labels(recipe)
    network = architectures.build("intake_guard", recipe.options, labels)
    assert isinstance(network, IntakeGuard)
    load_early_stages(network)
    network.eval().to(memory_format=torch.channels_last)
    fit_standardisation(network, samples, size=recipe.size, settings=recipe.settings)
    features = pooled_features(
        network,
        samples,
        size=recipe.size,
        settings=recipe.settings,
        folder=options.features,
        data_digest=manifest.digest,
    )
    fitted = fit_guard(recipe, samples, features, data_digest=manifest.digest, seed=options.seed)
    _set_head(network, fitted.head)
    facts = training_facts(
        provenance,
        options,
        backbone=SOURCE,
        manifest=manifest,
        lines=lines,
        out_of_fold=out_of_fold_metrics(fitted),
    )
    spec = guard_spec(recipe, fitted, facts)
    tensors = {**{name: value.numpy() for name, value in network.state_dict().items()}, **fitted.region}
    card = guard_card(recipe, spec, len(samples))
    return write_outcome(spec, tensors, lines, fitted.losses, options, card=card)


def guard_spec(recipe: GuardRecipe, fitted: FittedGuard, training: dict[str, Any]) -> ModelSpec:
    """Everything but the weights."""
    return ModelSpec(
        name=recipe.name,
        version=recipe.version,
        task="guard",
        architecture="intake_guard",
        architecture_options=recipe.options,
        case_types=("intake",),
        labels=fitted.spec.labels,
        input=InputSpec(recipe.size, MEAN, STD, recipe.settings.to_dict()),
        calibration=fitted.calibration,
        operating_points={},
        familiarity=fitted.familiarity,
        guard=fitted.spec,
        training=training,
    )


def out_of_fold_metrics(fitted: FittedGuard) -> dict[str, Any]:
    """What the operating points gave on left-out groups, by decision and case type."""
    groups = {"read": fitted.spec.read, "turned": fitted.spec.turned}
    return {
        decision: {
            case_type: {
                "threshold": point.threshold,
                "sensitivity": point.sensitivity,
                "specificity": point.specificity,
                "n_positive": point.n_positive,
                "n_negative": point.n_negative,
            }
            for case_type, point in points.items()
        }
        for decision, points in groups.items()
    } | {
        "heads": fitted.quality,
    }


def _films(recipe: GuardRecipe, own: list[LabelledImage], data: Path) -> dict[str, list[LabelledImage]]:
    """Train films by case type; raises LabelledSetNotShipped for a set whose weights must not leave the machine."""
    films: dict[str, list[LabelledImage]] = {}
    for case_type, terms in recipe.kinds:
        if not terms.ships:
            raise LabelledSetNotShipped
        found = own if terms is recipe.terms else read_set(data / terms.name, terms=terms)
        films[case_type] = of_split(found, "train")
    return films


def _joined_manifest(
    recipe: GuardRecipe, films: Mapping[str, Sequence[LabelledImage]], lines: Sequence[str]
) -> Manifest:
    terms = [entry for _, entry in recipe.kinds]
    return Manifest(
        digest=manifest_digest(lines),
        n_images=sum(len(found) for found in films.values()),
        n_groups=sum(len({film.group for film in found}) for found in films.values()),
        licence="; ".join(f"{entry.name}: {entry.licence}" for entry in terms),
        attribution="; ".join(entry.attribution for entry in terms),
    )


def _labels(recipe: GuardRecipe) -> tuple[str, ...]:
    return (*(case_type for case_type, _ in recipe.kinds), PARTIAL, OTHER, *TURNS)


@torch.no_grad()
def _set_head(network: IntakeGuard, head: LinearHead) -> None:
    network.head.weight.copy_(torch.from_numpy(head.weight))
    network.head.bias.copy_(torch.from_numpy(head.bias))
