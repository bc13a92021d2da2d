"""One student from a folder of films to its weights, with the manifest of every film that it learned from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from feedback.learning.distillation.films import film_manifest, train_films
from feedback.learning.distillation.inputs import draw_views, stored_films
from feedback.learning.distillation.recipes import DistillationRecipe
from feedback.learning.distillation.students import Student, distillation_loss, fresh_student, make_teacher
from feedback.learning.errors import BackboneUnavailable
from feedback.learning.loop import Run, Schedule, train_network
from feedback.learning.manifests import manifest_digest, manifest_text
from feedback.learning.phantoms import write_phantoms
from feedback.learning.runs import RunOptions, fingerprint_of
from registry.runtime.architectures.staged_bodies import BODIES, StagedBody

Films = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DistilledStudent:
    """What a distillation leaves behind.

    Attributes:
        weights: safetensors file of the body, float32; manifest: beside it, one film a line.
        losses: of every step; 1 is what foretelling the teacher's channel means would give.
    """

    weights: Path
    manifest: Path
    losses: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DistilledBody:
    """A student's weights and the films that they come from.

    Attributes:
        digest: SHA-256 of the weights file.
        manifest: sorted lines "<set> <SHA-256 of the file>".
    """

    body: StagedBody
    digest: str
    manifest: tuple[str, ...]


def distil(recipe: DistillationRecipe, *, data: Path | None, options: RunOptions, threads: int = 1) -> DistilledStudent:
    """Train a student; its weights go to `options.out` as <student>.safetensors and <student>.manifest.txt.

    Args:
        data: the folder that holds the sets' folders; a miniature makes its own phantoms when it is None.
    Raises:
        LabelledSetUnusable, CheckpointMismatch, TrainingDiverged, BackboneUnavailable.
    """
    torch.set_num_threads(threads)
    films = train_films(_data_folder(recipe, data, options), recipe.sets)
    manifest = film_manifest(films)
    digest = manifest_digest(manifest)
    stored = stored_films(options.out, films, size=recipe.stored_size, settings=recipe.settings, data_digest=digest)
    student, losses = _trained(recipe, stored, options, digest)
    return _written(recipe, student.body, manifest, losses, options.out)


def load_distilled(student: str, folder: Path) -> DistilledBody:
    """A distilled body from its folder.

    Raises:
        BackboneUnavailable: the student has not been distilled there, or its weights do not fit.
    """
    weights, manifest = folder / f"{student}.safetensors", folder / f"{student}.manifest.txt"
    remedy = f"Distil it first: manage.py distil --student {student} --data DIR --seed N."
    try:
        body, lines = BODIES[student].make(), tuple(manifest.read_text().splitlines())
        body.load_state_dict(load_file(weights), strict=True)
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    except (OSError, RuntimeError, ValueError) as error:
        raise BackboneUnavailable(f"The weights of the student {student} are not there.", remedy=remedy) from error
    return DistilledBody(body, digest, lines)


def _data_folder(recipe: DistillationRecipe, data: Path | None, options: RunOptions) -> Path:
    folder = data or options.out
    if "phantoms" in recipe.sets and not (folder / "phantoms" / "labels.csv").exists():
        write_phantoms(folder / "phantoms", seed=options.seed)
    return folder


def _trained(
    recipe: DistillationRecipe, stored: Films, options: RunOptions, digest: str
) -> tuple[Student, list[float]]:
    student = fresh_student(recipe.student, seed=options.seed)
    teacher = make_teacher(stored, size=recipe.size, rule=recipe.views, seed=options.seed)

    def step_loss(network: nn.Module, step: int) -> Tensor:
        views = _views(recipe, stored, seed=options.seed, step=step)
        return distillation_loss(network, teacher, views, recipe.stage_weights)

    schedule = Schedule(
        steps=recipe.all_steps,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        checkpoint_every=recipe.checkpoint_every,
    )
    fingerprint = fingerprint_of(recipe, seed=options.seed, epochs=0, data_digest=digest)
    checkpoint = options.out / f"{recipe.student}.checkpoint"
    run = Run(f"distil {recipe.student}", options.seed, fingerprint, checkpoint, options.resume)
    losses = train_network(student, step_loss, schedule=schedule, run=run)
    _settle_norms(student, recipe, stored, seed=options.seed)
    return student, losses


def _views(recipe: DistillationRecipe, stored: Films, *, seed: int, step: int) -> Tensor:
    """The views of a step: films of a seeded order that goes through all of them before one comes again."""
    per_epoch = max(1, len(stored) // recipe.batch)
    epoch, place = divmod(step, per_epoch)
    order = np.random.default_rng((seed, epoch, 11)).permutation(len(stored))
    rows = np.sort(order[place * recipe.batch : (place + 1) * recipe.batch])
    generator = np.random.default_rng((seed, step, 12))
    return draw_views(stored[rows], size=recipe.size_at(step), rule=recipe.views, generator=generator)


@torch.no_grad()
def _settle_norms(student: Student, recipe: DistillationRecipe, stored: Films, *, seed: int) -> None:
    """BatchNorm's statistics of the averaged weights: what the loop leaves belongs to the last steps' weights."""
    norms = [module for module in student.body.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    student.train()
    for number in range(recipe.settling_batches):
        with torch.autocast("cpu", torch.bfloat16):
            student(_views(recipe, stored, seed=seed, step=recipe.all_steps + number))
    for norm in norms:
        norm.momentum = 0.1
    student.eval()


def _written(
    recipe: DistillationRecipe, body: StagedBody, manifest: tuple[str, ...], losses: list[float], out: Path
) -> DistilledStudent:
    weights, lines = out / f"{recipe.student}.safetensors", out / f"{recipe.student}.manifest.txt"
    partial = weights.with_suffix(".partial")
    save_file({name: value.contiguous() for name, value in body.state_dict().items()}, partial)
    partial.replace(weights)
    lines.write_text(manifest_text(manifest))
    return DistilledStudent(weights, lines, tuple(losses))
