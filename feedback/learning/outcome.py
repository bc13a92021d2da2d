"""What every run leaves behind: the artefact, its spec's provenance, and the manifest of what touched its weights."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from feedback.learning.labelled_sets import Manifest
from feedback.learning.manifests import manifest_counts, manifest_digest, manifest_text
from feedback.learning.provenance import Provenance
from feedback.learning.publish import without_nan
from feedback.learning.runs import RunOptions
from registry.runtime.artefacts import artefact_write
from registry.runtime.values import ModelSpec


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What a run leaves behind.

    Attributes:
        manifest: file beside the artefact, one line an image that touched the weights.
        losses: of every step of the final network.
    """

    spec: ModelSpec
    artefact: Path
    sha256: str
    manifest: Path
    losses: tuple[float, ...]


def training_facts(
    provenance: Provenance,
    options: RunOptions,
    *,
    backbone: str,
    manifest: Manifest,
    lines: Sequence[str],
    out_of_fold: dict[str, Any],
) -> dict[str, Any]:
    """Provenance as the artefact keeps it; what is measured later is no part of it.

    Args:
        backbone: what the body's weights are and where they come from.
        manifest: of the labelled images; lines: of every file that touched the weights, unlabelled films included.
        out_of_fold: what the recipe was chosen by.
    """
    return {
        **asdict(provenance),
        "seed": options.seed,
        "backbone": backbone,
        "train": {**asdict(manifest), "digest": manifest_digest(lines), "files": manifest_counts(lines)},
        "out_of_fold": without_nan(out_of_fold),
    }


def write_outcome(
    spec: ModelSpec,
    tensors: dict[str, Any],
    lines: Sequence[str],
    losses: tuple[float, ...],
    options: RunOptions,
    *,
    card: str = "",
    eight_bit: bool = False,
) -> TrainingOutcome:
    """Artefact and manifest into `options.out`, and the card of what the evaluator writes none for.

    Args:
        eight_bit: how large weights are stored; see artefact_pack.
    """
    path = options.out / f"{spec.name}-{spec.version}.safetensors"
    sha256 = artefact_write(path, spec, tensors, eight_bit=eight_bit)
    manifest = path.with_suffix(".manifest.txt")
    manifest.write_text(manifest_text(lines))
    if card:
        path.with_suffix(".md").write_text(card.replace("{sha256}", sha256))
    return TrainingOutcome(spec, path, sha256, manifest, losses)
