"""Shipped versions on the engine that is asked for, exported on the spot: what benchmarks compare."""

import hashlib
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from registry.runtime.artefacts import artefact_bytes, starter_index
from registry.runtime.engines.graph import PRECISIONS
from registry.runtime.loader import load_artefact
from registry.runtime.values import LoadedModel

TORCH = "torch"
ENGINES = (TORCH, *PRECISIONS)


def on_engine(model: LoadedModel, engine: str) -> LoadedModel:
    """The version exported and run by that engine."""
    if engine == TORCH:
        return model
    from registry.runtime.engines.export import graph_export
    from registry.runtime.engines.openvino import OpenVinoEngine

    graph = graph_export(model.engine, size=model.spec.input.network_side)
    return replace(model, engine=OpenVinoEngine(graph, precision=PRECISIONS[engine]))


def artefact_model(path: Path) -> LoadedModel:
    """One artefact on torch."""
    data = artefact_bytes(path)
    return load_artefact(data, sha256=hashlib.sha256(data).hexdigest())


def route_of(case_type: str, options: Namespace) -> list[LoadedModel]:
    """The shipped route of a case type on torch, classifier first; artefacts that were named take the place of those
    of their task."""
    index = starter_index(options.models)
    named = [artefact_model(path) for path in options.artefact]
    own = [model for model in named if case_type in model.spec.case_types]
    shipped = [artefact_model(options.models / index.model(name).file) for name in index.routes.get(case_type, ())]
    tasks = {model.spec.task for model in own}
    route = [*(model for model in shipped if model.spec.task not in tasks), *own]
    return sorted(route, key=lambda model: model.spec.task == "detector")
