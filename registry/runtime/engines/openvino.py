"""The fast engine on CPUs: an exported graph in OpenVINO, in float32 or bfloat16; torch is not needed to run it.

One image a request, two requests at once, each on half of the cores: two threads on one image take a third more
processor time than one (docs/performance.md), and every further request at once keeps its activations in memory.
"""

import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from registry.runtime.engines.base import ClassifierOutput, DetectorOutput
from registry.runtime.engines.graph import CANDIDATES, OUTPUTS, ExportedGraph
from registry.runtime.engines.suppression import suppress
from registry.runtime.engines.threads import threads_allowed
from registry.runtime.errors import GraphUnusable

REQUESTS_AT_ONCE = 2


def openvino() -> ModuleType:
    """The library, imported without the part that reports its use to its maker.

    Raises:
        GraphUnusable: it is not installed, or not for this processor.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # OpenVINO then takes its stub.
    try:
        import openvino as library
    except ImportError as error:
        raise GraphUnusable("OpenVINO is not installed here.") from error
    return library


def has_bfloat16() -> bool:
    """Whether this processor computes in bfloat16. Raises GraphUnusable as openvino() does."""
    return "BF16" in openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoEngine:
    """A compiled graph, of a classifier or of a detector. One batch at a time: not for two threads at once."""

    def __init__(self, graph: ExportedGraph, *, precision: str) -> None:
        """Args: precision: "f32" or "bf16".

        Raises:
            GraphUnusable: OpenVINO does not take the graph.
        """
        library = openvino()
        core = library.Core()
        self._rule = graph.suppression
        try:
            # The tensor is a copy that the compiled network keeps for as long as it points into it.
            model = core.read_model(graph.xml.encode(), library.Tensor(graph.weights, shared_memory=False))
            compiled = core.compile_model(model, "CPU", _properties(precision))
            wanted = OUTPUTS if graph.suppression is None else CANDIDATES
            self._names = [name for name in wanted if any(name in o.get_names() for o in compiled.outputs)]
            self._queue = library.AsyncInferQueue(compiled, compiled.get_property("NUM_STREAMS"))
        except RuntimeError as error:
            raise GraphUnusable("OpenVINO cannot run the exported graph here.") from error
        if self._names[:3] != list(wanted[:3]):
            raise GraphUnusable("The exported graph lacks an output.")
        self._queue.set_callback(self._take)

    def classify(self, batch: NDArray[np.float32]) -> ClassifierOutput:
        """float32 (n, 3, S, S): logits, maps and pooled features; the feature map stays inside."""
        if self._rule is not None:
            raise GraphUnusable("This is a detector's graph.")
        taken = self._run(batch)
        stacked = {name: np.concatenate([entry[name] for entry in taken]) for name in self._names}
        return ClassifierOutput(
            logits=stacked["logits"],
            features=None,
            triage_logits=stacked.get("triage_logits"),
            head_weight=None,
            head_bias=None,
            maps=stacked["maps"],
            pooled=stacked["pooled"],
        )

    def detect(self, batch: NDArray[np.float32]) -> list[DetectorOutput]:
        """float32 (n, 3, S, S): each image's candidates from the graph, suppressed here. Windows of a film are
        images like any other."""
        rule = self._rule
        if rule is None:
            raise GraphUnusable("This is a classifier's graph.")
        taken = self._run(batch)
        return [suppress(entry["boxes"][0], entry["scores"][0], entry["labels"][0], rule) for entry in taken]

    def _run(self, batch: NDArray[np.float32]) -> list[dict[str, NDArray[Any]]]:
        """One request an image: its outputs by name."""
        taken: list[dict[str, NDArray[Any]]] = [{} for _ in batch]
        for index, image in enumerate(np.ascontiguousarray(batch, np.float32)):
            self._queue.start_async({0: image[None]}, taken[index], share_inputs=True)
        self._queue.wait_all()
        return taken

    def _take(self, request: Any, into: dict[str, NDArray[Any]]) -> None:
        """The outputs belong to the request, which the next image overwrites."""
        for name in self._names:
            kind = np.int64 if name == "labels" else np.float32
            into[name] = np.array(request.get_tensor(name).data, kind)


def _properties(precision: str) -> dict[str, object]:
    threads = threads_allowed()
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": min(threads, REQUESTS_AT_ONCE),
    }
