"""The fast engine on CPUs: an exported graph in OpenVINO, in float32 or bfloat16; torch is not needed to run it.

One stream a core, one image a request: on two cores that took less time than one stream on both (docs/performance.md).
"""

import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from registry.runtime.engines.base import ClassifierOutput, DetectorOutput
from registry.runtime.engines.graph import OUTPUTS, ExportedGraph
from registry.runtime.engines.threads import threads_allowed
from registry.runtime.errors import GraphUnusable


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
    """A compiled graph; classifies only. One batch at a time: not for two threads at once."""

    def __init__(self, graph: ExportedGraph, *, precision: str) -> None:
        """Args: precision: "f32" or "bf16".

        Raises:
            GraphUnusable: OpenVINO does not take the graph.
        """
        library = openvino()
        core = library.Core()
        # The compiled network may go on pointing into the bytes.
        self._graph = graph
        try:
            model = core.read_model(graph.xml.encode(), library.Tensor(graph.weights))
            compiled = core.compile_model(model, "CPU", _properties(precision))
            self._names = [name for name in OUTPUTS if any(name in o.get_names() for o in compiled.outputs)]
            self._queue = library.AsyncInferQueue(compiled, compiled.get_property("NUM_STREAMS"))
        except RuntimeError as error:
            raise GraphUnusable("OpenVINO cannot run the exported graph here.") from error
        if self._names[:3] != list(OUTPUTS[:3]):
            raise GraphUnusable("The exported graph lacks an output.")
        self._queue.set_callback(self._take)

    def classify(self, batch: NDArray[np.float32]) -> ClassifierOutput:
        """float32 (n, 3, S, S): logits, maps and pooled features; the feature map stays inside."""
        taken: list[dict[str, NDArray[np.float32]]] = [{} for _ in batch]
        for index, image in enumerate(np.ascontiguousarray(batch, np.float32)):
            self._queue.start_async({0: image[None]}, taken[index], share_inputs=True)
        self._queue.wait_all()
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
        """Detectors stay with torch. Raises GraphUnusable."""
        raise GraphUnusable("Detectors are served by torch.")

    def _take(self, request: Any, into: dict[str, NDArray[np.float32]]) -> None:
        """The outputs belong to the request, which the next image overwrites."""
        into.update({name: np.array(request.get_tensor(name).data, np.float32) for name in self._names})


def _properties(precision: str) -> dict[str, object]:
    threads = threads_allowed()
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": threads,
    }
