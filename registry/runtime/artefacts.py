"""One file a version: safetensors whose metadata holds the ModelSpec. Digest first; tensors only, no code."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from registry.runtime.errors import ArtefactDigestMismatch, ArtefactMalformed, ArtefactMissing
from registry.runtime.values import ModelSpec, spec_from_json, spec_to_json

STARTER_MODELS = Path(__file__).resolve().parent.parent / "starter_models"
SPEC_KEY = "spec"
KEPT_IN_FULL = re.compile(r"(^|\.)(running_mean|running_var|num_batches_tracked)$|^familiarity\.")
DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "U8": np.uint8}

Tensors = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class StarterModel:
    """One shipped version, as index.json lists it; file and card are names inside registry/starter_models.

    Beside the file lie what it was measured to do, <name>-<version>.evaluation.json, and what it was trained on,
    <name>-<version>.manifest.txt. unmeasured_reason: why a classifier is routed although its maps were never measured.
    """

    name: str
    version: str
    file: str
    sha256: str
    card: str
    unmeasured_reason: str = ""

    def beside(self, ending: str) -> str:
        """The name of a file that belongs to this version, as in <name>-<version>.evaluation.json."""
        return f"{self.name}-{self.version}.{ending}"


@dataclass(frozen=True, slots=True)
class StarterIndex:
    """The shipped versions, and which of them (by name, classifier first) read which case type."""

    models: tuple[StarterModel, ...]
    routes: dict[str, tuple[str, ...]]

    def model(self, name: str) -> StarterModel:
        """The entry of that name. Raises ArtefactMissing."""
        for entry in self.models:
            if entry.name == name:
                return entry
        raise ArtefactMissing(f"No starter model is called {name}.")


def artefact_parse(data: bytes, *, sha256: str) -> tuple[ModelSpec, Tensors]:
    """Spec and tensors of an artefact's bytes. Nothing is parsed before the digest holds.

    Half-precision weights come back as float32.

    Raises:
        ArtefactDigestMismatch, ArtefactMalformed.
    """
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), sha256.lower()):
        raise ArtefactDigestMismatch
    try:
        header = _header(data)
        tensors = {name: _array(entry) for name, entry in deserialize(data)}
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtefactMalformed from error
    text = (header.get("__metadata__") or {}).get(SPEC_KEY)
    if not isinstance(text, str):
        raise ArtefactMalformed("The model's file carries no specification.")
    return spec_from_json(text), tensors


def artefact_open(path: Path, *, sha256: str) -> tuple[ModelSpec, Tensors]:
    """artefact_parse of a file. Raises ArtefactMissing as well."""
    return artefact_parse(artefact_bytes(path), sha256=sha256)


def artefact_bytes(path: Path) -> bytes:
    """The file's bytes. Raises ArtefactMissing."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtefactMissing from error


def artefact_pack(spec: ModelSpec, tensors: Mapping[str, NDArray[np.generic]]) -> bytes:
    """The bytes of an artefact: weights as float16, BatchNorm and familiarity tensors in full."""
    packed = {name: _storable(name, tensor, _batch_norms(tensors)) for name, tensor in sorted(tensors.items())}
    return bytes(save(packed, metadata={SPEC_KEY: spec_to_json(spec)}))


def artefact_pack_in_full(spec: ModelSpec, tensors: Mapping[str, NDArray[np.generic]]) -> bytes:
    """The bytes of an artefact whose weights keep their precision: imported ones compute what they did elsewhere."""
    packed = {name: np.array(tensor, order="C") for name, tensor in sorted(tensors.items())}
    return bytes(save(packed, metadata={SPEC_KEY: spec_to_json(spec)}))


def artefact_write(path: Path, spec: ModelSpec, tensors: Mapping[str, NDArray[np.generic]]) -> str:
    """Write an artefact and return the file's SHA-256."""
    data = artefact_pack(spec, tensors)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)
    return hashlib.sha256(data).hexdigest()


def starter_index(folder: Path = STARTER_MODELS) -> StarterIndex:
    """What registry/starter_models/index.json lists. Raises ArtefactMissing, ArtefactMalformed."""
    try:
        document = json.loads(artefact_bytes(folder / "index.json"))
        models = tuple(StarterModel(**entry) for entry in document["models"])
        routes = {str(case_type): tuple(names) for case_type, names in document["routes"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactMalformed("The index of the starter models is not valid.") from error
    return StarterIndex(models=models, routes=routes)


def starter_path(name: str, version: str, folder: Path = STARTER_MODELS) -> Path:
    """Where a starter version's file is."""
    return folder / f"{name}-{version}.safetensors"


def _header(data: bytes) -> dict[str, dict[str, object]]:
    """The JSON header of safetensors: 8 bytes of little-endian length, then the header."""
    length = int.from_bytes(data[:8], "little")
    document = json.loads(data[8 : 8 + length])
    if not isinstance(document, dict):
        raise ArtefactMalformed
    return document


def _array(entry: Mapping[str, object]) -> NDArray[np.generic]:
    kind = DTYPES[str(entry["dtype"])]
    array = np.frombuffer(entry["data"], dtype=kind).reshape(entry["shape"])  # type: ignore[call-overload]
    return array.astype(np.float32) if kind in {np.float16, np.float64} else array.copy()


def _batch_norms(tensors: Mapping[str, NDArray[np.generic]]) -> set[str]:
    """Module paths that own running statistics."""
    return {name.removesuffix("running_mean") for name in tensors if name.endswith("running_mean")}


def _storable(name: str, tensor: NDArray[np.generic], batch_norms: set[str]) -> NDArray[np.generic]:
    array = np.array(tensor, order="C")
    owner = name.rpartition(".")[0] + "." if "." in name else ""
    if array.dtype.kind != "f":
        return array
    in_full = KEPT_IN_FULL.search(name) is not None or owner in batch_norms
    return array.astype(np.float32 if in_full else np.float16)
