"""Artefact, manifest and card into a folder of starter models, and their line in its index."""

import json
from pathlib import Path
from typing import Any

from feedback.learning.errors import LabelledSetNotShipped
from registry.runtime.artefacts import STARTER_MODELS
from registry.runtime.values import ModelSpec


def publish(spec: ModelSpec, *, artefact: Path, sha256: str, folder: Path = STARTER_MODELS) -> None:
    """Copy artefact, manifest and card, rewrite the index: this version replaces others of its name.

    The card and the evaluation of a classifier are the evaluator's, which writes them beside the artefact.

    Raises:
        LabelledSetNotShipped: it was trained on a set whose weights must not leave the machine.
    """
    if not spec.training.get("train", {}).get("ships", True):
        raise LabelledSetNotShipped
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{spec.name}-{spec.version}"
    _replace(folder / f"{stem}.safetensors", artefact.read_bytes())
    for suffix in (".manifest.txt", ".md"):
        beside = artefact.with_suffix(suffix)
        if beside.exists():
            _replace(folder / f"{stem}{suffix}", beside.read_bytes())
    index = folder / "index.json"
    known = json.loads(index.read_text()) if index.exists() else {"models": [], "routes": {}}
    entry = {
        "name": spec.name,
        "version": spec.version,
        "file": f"{stem}.safetensors",
        "sha256": sha256,
        "card": f"{stem}.md",
    }
    models = [other for other in known["models"] if other["name"] != spec.name] + [entry]
    document = {
        "models": sorted(models, key=lambda other: str(other["name"])),
        "routes": _routed(known["routes"], spec),
    }
    _replace(index, (json.dumps(document, indent=2, sort_keys=True) + "\n").encode())


def _routed(routes: dict[str, list[str]], spec: ModelSpec) -> dict[str, list[str]]:
    """The version's name under each of its case types: classifiers before detectors."""
    result = {case_type: list(names) for case_type, names in routes.items()}
    for case_type in spec.case_types:
        names = [name for name in result.get(case_type, []) if name != spec.name]
        result[case_type] = [spec.name, *names] if spec.task == "classifier" else [*names, spec.name]
    return result


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)


def without_nan(value: Any) -> Any:
    """The same value with numbers that are not finite replaced by None."""
    if isinstance(value, dict):
        return {str(key): without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(entry) for entry in value]
    if isinstance(value, float) and value not in {float("inf"), float("-inf")} and value == value:
        return value
    return None if isinstance(value, float) else value
