"""Bytes of an artefact -> LoadedModel. Importing this loads no inference library; loading a model does."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from registry.runtime import artefacts, cache
from registry.runtime.engines.allocator import keep_freed_memory
from registry.runtime.errors import ArtefactMalformed
from registry.runtime.values import Familiarity, FamiliaritySpec, LoadedModel

FAMILIARITY_PREFIX = "familiarity."


def load_artefact(data: bytes, *, sha256: str) -> LoadedModel:
    """A model in evaluation mode from its artefact's bytes.

    Args:
        sha256: the registered digest; nothing is parsed unless the bytes have it.
    Raises:
        ArtefactDigestMismatch, ArtefactMalformed, ArchitectureUnknown.
    """
    spec, tensors = artefacts.artefact_parse(data, sha256=sha256)
    weights = {name: array for name, array in tensors.items() if not name.startswith(FAMILIARITY_PREFIX)}
    familiarity = _familiarity(spec.familiarity, tensors) if spec.familiarity else None
    # Idle OpenMP threads that spin starve everything else on a busy machine: batches of 8 took 3 times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_freed_memory()
    from registry.runtime.engines.torch import torch_engine

    return LoadedModel(spec=spec, sha256=sha256.lower(), engine=torch_engine(spec, weights), familiarity=familiarity)


def load_starter(name: str, *, folder: Path = artefacts.STARTER_MODELS) -> LoadedModel:
    """The shipped version of that name, kept warm. Raises ArtefactMissing as well."""
    entry = artefacts.starter_index(folder).model(name)
    model = cache.warm_model(
        name=entry.name,
        version=entry.version,
        sha256=entry.sha256,
        fetch=lambda: artefacts.artefact_bytes(folder / entry.file),
        load=load_artefact,
    )
    if (model.spec.name, model.spec.version) != (entry.name, entry.version):
        raise ArtefactMalformed("The index names another model than the file holds.")
    return model


def load_starter_route(case_type: str, *, folder: Path = artefacts.STARTER_MODELS) -> tuple[LoadedModel, ...]:
    """The shipped versions that read a case type, classifier first; empty when there is none."""
    names = artefacts.starter_index(folder).routes.get(case_type, ())
    return tuple(load_starter(name, folder=folder) for name in names)


def _familiarity(spec: FamiliaritySpec, tensors: Mapping[str, NDArray[np.generic]]) -> Familiarity:
    mean = tensors.get("familiarity.mean")
    whitener = tensors.get("familiarity.whitener")
    if whitener is None and "familiarity.precision" in tensors:
        whitener = _square_root(tensors["familiarity.precision"])
    if mean is None or whitener is None or mean.ndim != 1 or whitener.ndim != 2 or len(whitener) != len(mean):
        raise ArtefactMalformed("The model states a region of familiar images without the tensors for it.")
    return Familiarity(
        mean=mean.astype(np.float32),
        whitener=whitener.astype(np.float32),
        threshold=spec.threshold,
        quantile=spec.quantile,
    )


def _square_root(precision: NDArray[np.generic]) -> NDArray[np.float64]:
    """whitener with whitener @ whitener.T = precision, for a symmetric positive semi-definite precision."""
    if precision.ndim != 2 or precision.shape[0] != precision.shape[1]:
        raise ArtefactMalformed("The precision of the familiar images is not a square matrix.")
    values, vectors = np.linalg.eigh(precision.astype(np.float64))
    return np.asarray(vectors * np.sqrt(np.clip(values, 0.0, None)))
