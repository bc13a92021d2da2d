"""Bytes of an artefact -> LoadedModel. Importing this loads no inference library; loading a model loads the one that
its engine needs: a version with an exported graph never imports torch."""

import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from registry.runtime import artefacts, cache
from registry.runtime.engines.allocator import keep_freed_memory
from registry.runtime.engines.base import Engine
from registry.runtime.engines.graph import PRECISIONS, GraphBuild
from registry.runtime.errors import ArtefactMalformed, GraphUnusable
from registry.runtime.values import Familiarity, FamiliaritySpec, LoadedModel, ModelSpec

logger = logging.getLogger(__name__)

FAMILIARITY_PREFIX = "familiarity."

BuildOf = Callable[[str], GraphBuild | None]
"""The exported graph that serves the version of a digest here, if any; may raise GraphUnusable."""


def load_artefact(data: bytes, *, sha256: str, build: GraphBuild | None = None) -> LoadedModel:
    """A model in evaluation mode from its artefact's bytes.

    Args:
        sha256: the registered digest; nothing is parsed unless the bytes have it.
        build: the exported graph to run in place of the torch network.
    Raises:
        ArtefactDigestMismatch, ArtefactMalformed, ArchitectureUnknown; GraphUnusable with a build.
    """
    spec, tensors = artefacts.artefact_parse(data, sha256=sha256)
    weights = {name: array for name, array in tensors.items() if not name.startswith(FAMILIARITY_PREFIX)}
    familiarity = _familiarity(spec.familiarity, tensors) if spec.familiarity else None
    # Idle OpenMP threads that spin starve everything else on a busy machine: batches of 8 took 3 times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_freed_memory()
    engine = _torch_engine(spec, weights) if build is None else _graph_engine(build)
    return LoadedModel(spec=spec, sha256=sha256.lower(), engine=engine, familiarity=familiarity)


def load_warm(
    *, name: str, version: str, sha256: str, fetch: Callable[[], bytes], build_of: BuildOf | None = None
) -> LoadedModel:
    """A version kept warm, on the engine that build_of names for it, or else on torch: so too when that cannot be used,
    which is logged.

    Raises:
        ArtefactMissing, ArtefactDigestMismatch, ArtefactMalformed, ArchitectureUnknown.
    """
    load = partial(cache.warm_model, name=name, version=version, sha256=sha256, fetch=fetch)
    try:
        build = None if build_of is None else build_of(sha256)
        if build is not None:
            return load(engine=f"{build.engine} {build.sha256}", load=partial(load_artefact, build=build))
    except GraphUnusable as error:
        logger.warning("model %s %s runs on torch: %s", name, version, error.message)
    return load(load=load_artefact)


def load_starter(name: str, *, folder: Path = artefacts.STARTER_MODELS, build_of: BuildOf | None = None) -> LoadedModel:
    """The shipped version of that name, kept warm. Raises ArtefactMissing as well."""
    entry = artefacts.starter_index(folder).model(name)
    model = load_warm(
        name=entry.name,
        version=entry.version,
        sha256=entry.sha256,
        fetch=lambda: artefacts.artefact_bytes(folder / entry.file),
        build_of=build_of,
    )
    if (model.spec.name, model.spec.version) != (entry.name, entry.version):
        raise ArtefactMalformed("The index names another model than the file holds.")
    return model


def load_starter_route(
    case_type: str, *, folder: Path = artefacts.STARTER_MODELS, build_of: BuildOf | None = None
) -> tuple[LoadedModel, ...]:
    """The shipped versions that read a case type, classifier first; empty when there is none."""
    names = artefacts.starter_index(folder).routes.get(case_type, ())
    return tuple(load_starter(name, folder=folder, build_of=build_of) for name in names)


def _torch_engine(spec: ModelSpec, weights: Mapping[str, NDArray[np.generic]]) -> Engine:
    from registry.runtime.engines.torch import torch_engine

    return torch_engine(spec, weights)


def _graph_engine(build: GraphBuild) -> Engine:
    from registry.runtime.engines.openvino import OpenVinoEngine

    return OpenVinoEngine(build.opened(), precision=PRECISIONS[build.engine])


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
