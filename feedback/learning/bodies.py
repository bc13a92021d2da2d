"""Pretrained bodies by name: ImageNet's Lite0 from its package, students from where they were distilled to."""

from dataclasses import dataclass

from torch import Tensor

from feedback.learning.backbone import SOURCE, load_imagenet_lite0
from feedback.learning.distillation.recipes import DISTILLATIONS, miniature
from feedback.learning.distillation.run import distil, load_distilled
from feedback.learning.runs import RunOptions
from registry.runtime.architectures.staged_bodies import BODIES


@dataclass(frozen=True, slots=True)
class PretrainedBody:
    """Weights that training starts from.

    Attributes:
        kind: a name of `staged_bodies.BODIES`.
        source: for the card, and part of the name of cached features.
        manifest: lines of the films that touched the weights; empty for ImageNet's own.
    """

    kind: str
    weights: dict[str, Tensor]
    source: str
    manifest: tuple[str, ...]


def pretrained_body(kind: str, options: RunOptions, *, is_miniature: bool = False) -> PretrainedBody:
    """The body of a recipe; a miniature distils its own student on phantoms first.

    Raises:
        BackboneUnavailable: the package or the student is not there.
    """
    if kind == "lite0":
        body = BODIES[kind].make()
        load_imagenet_lite0(body)
        return PretrainedBody(kind, dict(body.state_dict()), SOURCE, ())
    folder = options.out / "distilled" if is_miniature else options.bodies
    if is_miniature and not (folder / f"{kind}.safetensors").exists():
        own = RunOptions(seed=options.seed, epochs=None, out=folder, resume=options.resume)
        distil(miniature(DISTILLATIONS[kind]), data=None, options=own)
    student = load_distilled(kind, folder)
    source = (
        f"{kind} distilled on {len(student.manifest)} unlabelled train films from {SOURCE}; weights {student.digest}"
    )
    return PretrainedBody(kind, dict(student.body.state_dict()), source, student.manifest)
