"""A torch classifier -> an OpenVINO graph: float32 (n, 3, S, S) of any n in; logits, maps, pooled, triage logits out.

The contributions are computed inside the graph, so that a large feature map never leaves it. OpenVINO's own converter
is passed by: it reports its use to its maker.
"""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from registry.runtime.engines.graph import OUTPUTS, ExportedGraph
from registry.runtime.engines.openvino import openvino
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.errors import GraphUnusable


class _Tail(nn.Module):
    """The network with its explanation: outputs in the order of OUTPUTS."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> tuple[Tensor, ...]:
        output = self.network(batch)
        features, head = output["features"], self.network.head
        cells = features.shape[2] * features.shape[3]
        maps = nn.functional.conv2d(features, (head.weight / cells)[:, :, None, None])
        triage = (output["triage_logits"],) if "triage_logits" in output else ()
        return output["logits"], maps, features.mean(dim=(2, 3)), *triage


def graph_export(engine: TorchEngine, *, size: int) -> ExportedGraph:
    """The graph of a classifier.

    Args:
        size: side of the square input in pixels; only the batch stays open.
    Raises:
        GraphUnusable: the network has no features -> pooling -> linear tail, or holds what OpenVINO cannot express.
    """
    network = engine.network
    example = torch.zeros((2, 3, size, size), device=engine.device)
    with torch.no_grad():
        output = network(example)
    if "features" not in output or not isinstance(getattr(network, "head", None), nn.Linear):
        raise GraphUnusable("The network has no pooling tail, so its maps cannot be part of a graph.")
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Sizes become constants, which is what is wanted of a square input.
            traced = torch.jit.trace(_Tail(network).eval(), example, check_trace=False)
        return _converted(traced, size)
    except (RuntimeError, TypeError, ValueError) as error:
        raise GraphUnusable("The network cannot be expressed as an OpenVINO graph.") from error


def _converted(traced: torch.jit.ScriptModule, size: int) -> ExportedGraph:
    ov = openvino()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced)  # OpenVINO keeps no reference of its own.
    model = frontend.convert(frontend.load(decoder))
    model.reshape({0: ov.PartialShape([-1, 3, size, size])})
    _names_set(model)
    with tempfile.TemporaryDirectory() as folder:
        xml, weights = Path(folder, "graph.xml"), Path(folder, "graph.bin")
        ov.serialize(model, xml, weights)
        return ExportedGraph(xml=xml.read_text(), weights=np.fromfile(weights, np.uint8))


def _names_set(model: Any) -> None:
    """Names by place: OpenVINO's own count every graph of the process, so that no export would equal another."""
    for place, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{place}")
        for output in node.outputs():
            output.get_tensor().set_names(set())
    for output, name in zip(model.outputs, OUTPUTS, strict=False):
        output.get_tensor().set_names({name})
    model.set_friendly_name("classifier")
