"""A folder of starter models with random weights. Imports torch: only fixtures that need it import this."""

import hashlib
import json
from pathlib import Path
from typing import Any

from registry.runtime.artefacts import artefact_pack
from registry.runtime.values import InputSpec, ModelSpec, TileSpec
from tests.registry.runtime.artefact_samples import make_artefact, make_spec
from tests.registry.runtime.engines.detector_samples import LABELS, ONE_STAGE, OPTIONS, SIDE, random_detector

SMALL_NETWORK = {
    "architecture": "lite0_s16s32_head",
    "architecture_options": {"width": 8, "kernel": 1, "direct": False, "triage": True},
    "input": InputSpec(size=64, mean=0.5, std=0.25),
}
MODELS: dict[str, dict[str, Any]] = {
    "chest-small": {"labels": ("effusion", "pneumothorax", "mass"), "case_types": ("chest",)},
    "bone-small": {"labels": ("fracture", "no_fracture"), "case_types": ("bone",)},
    "bone-second": {"labels": ("fracture", "no_fracture"), "case_types": ("bone",)},
}
UNMEASURED = "Random weights, for tests."
ROUTES = {"chest": ["chest-small"], "bone": ["bone-small", "bone-second"]}


def starter_folder_write(folder: Path) -> Path:
    """Artefacts, cards and index, as registry/starter_models has them."""
    made = [make_spec(**{**SMALL_NETWORK, **changes, "name": name}) for name, changes in MODELS.items()]
    return folder_of(folder, [(spec, make_artefact(spec, seed=seed)) for seed, spec in enumerate(made)], ROUTES)


def detector_folder_write(folder: Path, *, architecture: str = ONE_STAGE, tiles: TileSpec | None = None) -> Path:
    """A classifier and a detector that read chests together."""
    classifier = make_spec(**{**SMALL_NETWORK, **MODELS["chest-small"], "name": "chest-small"})
    size = SIDE if tiles is None else 2 * SIDE
    detector = make_spec(
        name="chest-boxes",
        task="detector",
        labels=LABELS,
        triage=None,
        architecture=architecture,
        architecture_options=OPTIONS[architecture],
        input=InputSpec(size=size, mean=0.5, std=0.25, tiles=tiles),
    )
    weights = {name: tensor.numpy() for name, tensor in random_detector(architecture).state_dict().items()}
    made = [(classifier, make_artefact(classifier)), (detector, artefact_pack(detector, weights))]
    return folder_of(folder, made, {"chest": [classifier.name, detector.name]})


def folder_of(folder: Path, made: list[tuple[ModelSpec, bytes]], routes: dict[str, list[str]]) -> Path:
    entries = []
    for spec, data in made:
        name = spec.name
        file, card = f"{name}-{spec.version}.safetensors", f"{name}-{spec.version}.md"
        (folder / file).write_bytes(data)
        (folder / card).write_text(f"# {name}\n\nRandom weights, for tests.\n")
        digest = hashlib.sha256(data).hexdigest()
        entry = {"name": name, "version": spec.version, "file": file, "sha256": digest, "card": card}
        entries.append({**entry, "unmeasured_reason": UNMEASURED})
    (folder / "index.json").write_text(json.dumps({"models": entries, "routes": routes}))
    return folder
