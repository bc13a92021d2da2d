"""Was a version trained on films that it is evaluated on? Its manifest of file digests says so."""

from collections.abc import Sequence
from pathlib import Path

from registry.runtime.artefacts import STARTER_MODELS
from registry.runtime.values import ModelSpec


def training_overlap(spec: ModelSpec, files: Sequence[str], *, folder: Path | None = None) -> list[str]:
    """A sentence when films of the set are among those that the weights were trained on; nothing to say otherwise.

    Args:
        files: SHA-256 of the films' files.
        folder: where manifests (lines "<set> <sha256>") lie, looked into before that of the shipped versions.
    """
    name = f"{spec.name}-{spec.version}.manifest.txt"
    found = (manifest_digests(place / name) for place in (folder, STARTER_MODELS) if place is not None)
    trained = next((digests for digests in found if digests is not None), None)
    if trained is None:
        return ["The version has no manifest of its training images here, so an overlap with them cannot be ruled out."]
    both = len(trained & set(files))
    if not both:
        return []
    return [f"{both} of {len(files)} films are among the version's own training images: these figures flatter."]


def manifest_digests(path: Path) -> set[str] | None:
    """The digests of a manifest, or None when there is none."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return {line.split()[-1] for line in lines if line.strip()}
