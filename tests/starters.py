"""A folder of starter models with random weights. Imports torch: only fixtures that need it import this."""

import hashlib
import json
from pathlib import Path
from typing import Any

from registry.runtime.values import InputSpec
from tests.registry.runtime.artefact_samples import make_artefact, make_spec

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
    entries = []
    for seed, (name, changes) in enumerate(MODELS.items()):
        spec = make_spec(**{**SMALL_NETWORK, **changes, "name": name})
        data = make_artefact(spec, seed=seed)
        file, card = f"{name}-{spec.version}.safetensors", f"{name}-{spec.version}.md"
        (folder / file).write_bytes(data)
        (folder / card).write_text(f"# {name}\n\nRandom weights, for tests.\n")
        digest = hashlib.sha256(data).hexdigest()
        entry = {"name": name, "version": spec.version, "file": file, "sha256": digest, "card": card}
        entries.append({**entry, "unmeasured_reason": UNMEASURED})
    (folder / "index.json").write_text(json.dumps({"models": entries, "routes": ROUTES}))
    return folder
