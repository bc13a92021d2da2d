"""What every run leaves behind: the artefact, its spec's provenance, and what was written beside it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from feedback.learning.backbone import SOURCE
from feedback.learning.labelled_sets import Manifest
from feedback.learning.provenance import Provenance
from feedback.learning.publish import metrics_json, without_nan
from feedback.learning.runs import RunOptions
from registry.runtime.artefacts import artefact_write
from registry.runtime.values import ModelSpec


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


def write_outcome(
    spec: ModelSpec, tensors: dict[str, Any], card: str, losses: tuple[float, ...], options: RunOptions
) -> TrainingOutcome:
    """Artefact, card and metrics into `options.out`."""
    path = options.out / f"{spec.name}-{spec.version}.safetensors"
    sha256 = artefact_write(path, spec, tensors)
    card = card.replace("{sha256}", sha256)
    path.with_suffix(".md").write_text(card)
    path.with_suffix(".metrics.json").write_text(metrics_json(spec.training["metrics"]))
    return TrainingOutcome(spec, path, sha256, card, losses)
