"""An exported network as bytes: safetensors with OpenVINO's weights as one tensor and its graph as text."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from registry.runtime.engines.suppression import SuppressionRule
from registry.runtime.errors import GraphUnusable

OUTPUTS = ("logits", "maps", "pooled", "triage_logits")
"""Names of a classifier's outputs; a network without a triage head lacks the last."""

CANDIDATES = ("boxes", "scores", "labels")
"""Names of a detector's outputs before suppression: (1, M, 4) in input pixels, (1, M) best first, (1, M) 0-based."""

GRAPH_KEY, WEIGHTS, SUPPRESSION = "graph", "weights", "suppression"
PRECISIONS = {"openvino_f32": "f32", "openvino_bf16": "bf16"}


@dataclass(frozen=True, slots=True)
class ExportedGraph:
    """What OpenVINO reads.

    Attributes:
        xml: its intermediate representation.
        weights: uint8 (bytes,), the constants that the representation points into.
        suppression: what is to be done with a detector's candidates; None for a classifier.
    """

    xml: str = field(repr=False)
    weights: NDArray[np.uint8] = field(repr=False)
    suppression: SuppressionRule | None = None


@dataclass(frozen=True, slots=True)
class GraphBuild:
    """An exported graph that lies somewhere, and how it is to be run.

    Attributes:
        engine: a key of PRECISIONS.
        sha256: what the digest of its bytes has to be.
        fetch: gives the bytes, or raises GraphUnusable; called only when the graph is not warm yet.
    """

    engine: str
    sha256: str
    fetch: Callable[[], bytes] = field(repr=False)

    def opened(self) -> ExportedGraph:
        """Raises GraphUnusable: the bytes cannot be had, or are not those that were measured."""
        data = self.fetch()
        if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), self.sha256):
            raise GraphUnusable("The exported graph is not the one that was measured: its SHA-256 differs.")
        return graph_unpack(data)


def graph_pack(graph: ExportedGraph) -> bytes:
    """The bytes of a graph."""
    tensors: dict[str, NDArray[np.generic]] = {WEIGHTS: graph.weights}
    if graph.suppression is not None:  # A tensor: safetensors writes more than one entry of metadata in any order.
        tensors[SUPPRESSION] = np.array(astuple(graph.suppression), np.float64)
    return bytes(save(tensors, metadata={GRAPH_KEY: graph.xml}))


def graph_unpack(data: bytes) -> ExportedGraph:
    """The inverse of graph_pack.

    Raises:
        GraphUnusable: the bytes hold no graph.
    """
    try:
        length = int.from_bytes(data[:8], "little")
        xml = json.loads(data[8 : 8 + length])["__metadata__"][GRAPH_KEY]
        tensors = dict(deserialize(data))
        suppression = _rule(tensors[SUPPRESSION]["data"]) if SUPPRESSION in tensors else None
        weights = np.frombuffer(tensors[WEIGHTS]["data"], np.uint8)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise GraphUnusable from error
    if not isinstance(xml, str):
        raise GraphUnusable
    return ExportedGraph(xml=xml, weights=weights, suppression=suppression)


def _rule(data: Any) -> SuppressionRule:
    """Raises ValueError: the tensor holds something else."""
    floor, overlap, most = np.frombuffer(data, np.float64).tolist()
    return SuppressionRule(score_floor=floor, nms_overlap=overlap, most_boxes=int(most))
