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

from registry.runtime.eight_bit import (
    SCALE,
    Tensors,
    eight_bits_restored,
    to_eight_bits,
    worth_eight_bits,
)
from registry.runtime.errors import ArtefactDigestMismatch, ArtefactMalformed, ArtefactMissing
from registry.runtime.values import ModelSpec, spec_from_json, spec_to_json

STARTER_MODELS = Path(__file__).resolve().parent.parent / "starter_models"
SPEC_KEY = "spec"
KEPT_IN_FULL = re.compile(r"(^|\.)(running_mean|running_var|num_batches_tracked)$|^familiarity\.")
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I8": "i1", "U8": "u1"}


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

    Weights in half precision or in eight bits come back as float32.

    Raises:
        ArtefactDigestMismatch, ArtefactMalformed.
    """
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), sha256.lower()):
        raise ArtefactDigestMismatch
    try:
        header = _header(data)
        tensors = _restored({name: _array(entry) for name, entry in deserialize(data)})
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


def artefact_pack(spec: ModelSpec, tensors: Mapping[str, NDArray[np.generic]], *, eight_bit: bool = False) -> bytes:
    """The bytes of an artefact: weights as float16, BatchNorm and familiarity tensors in full.

    Args:
        eight_bit: large weights as int8 with a float16 scale a block, beside them in the file as <name>.scale; a
            quarter of the size in full. Calibrate what `rounded` gives: that is what will serve.
    Raises:
        ArtefactMalformed: a weight that eight bits cannot hold, such as one that is not finite.
    """
    return bytes(save(_stored(tensors, eight_bit=eight_bit), metadata={SPEC_KEY: spec_to_json(spec)}))


def rounded(tensors: Mapping[str, NDArray[np.generic]], *, eight_bit: bool = False) -> Tensors:
    """What comes back of the tensors after artefact_pack and artefact_parse. Raises ArtefactMalformed as the former."""
    return _restored(_stored(tensors, eight_bit=eight_bit))


def artefact_pack_in_full(spec: ModelSpec, tensors: Mapping[str, NDArray[np.generic]]) -> bytes:
    """The bytes of an artefact whose weights keep their precision: imported ones compute what they did elsewhere."""
    packed = {name: np.array(tensor, order="C") for name, tensor in sorted(tensors.items())}
    return bytes(save(packed, metadata={SPEC_KEY: spec_to_json(spec)}))


def artefact_write(
    path: Path, spec: ModelSpec, tensors: Mapping[str, NDArray[np.generic]], *, eight_bit: bool = False
) -> str:
    """Write what artefact_pack gives and return the file's SHA-256."""
    data = artefact_pack(spec, tensors, eight_bit=eight_bit)
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
    names = [entry.name for entry in models]
    if len(set(names)) < len(names) or not all(set(routed) <= set(names) for routed in routes.values()):
        raise ArtefactMalformed("The index of the starter models names a model twice or routes one that it lacks.")
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
    return np.frombuffer(entry["data"], dtype=DTYPES[str(entry["dtype"])]).reshape(entry["shape"])  # type: ignore[call-overload]


def _restored(stored: Mapping[str, NDArray[np.generic]]) -> Tensors:
    """What a network takes: weights as float32, whole numbers as they are, nothing that shares a file's memory."""
    return {
        name: tensor.astype(np.float32) if tensor.dtype.kind == "f" else tensor.copy()
        for name, tensor in eight_bits_restored(stored).items()
    }


def _stored(tensors: Mapping[str, NDArray[np.generic]], *, eight_bit: bool) -> Tensors:
    """What a file holds: the tensors by name, each in the precision that it is worth."""
    batch_norms = _batch_norms(tensors)
    stored: Tensors = {}
    for name, tensor in sorted(tensors.items()):
        if eight_bit and KEPT_IN_FULL.search(name) is None and worth_eight_bits(name, tensor, tensors):
            stored[name], stored[name + SCALE] = to_eight_bits(tensor)
        else:
            stored[name] = _storable(name, tensor, batch_norms)
    return stored


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
