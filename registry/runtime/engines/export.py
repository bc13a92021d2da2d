"""A torch network -> an OpenVINO graph, one export for classifiers and detectors.

A classifier: float32 (n, 3, S, S) of any n in; logits, maps, pooled, triage logits out. The contributions are computed
inside the graph, so that a large feature map never leaves it. A detector: (1, 3, S, S) in; its best candidates, decoded
and ranked, out: proposals and their pooling are part of the graph, suppression among the candidates is not.
OpenVINO's own converter is passed by: it reports its use to its maker.
"""

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from registry.runtime.architectures.ranked_candidates import RankedCandidates, is_detector
from registry.runtime.engines.graph import CANDIDATES, OUTPUTS, ExportedGraph
from registry.runtime.engines.openvino import openvino
from registry.runtime.engines.suppression import SuppressionRule
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
    """The graph of a classifier or of a detector, by the kind of its network.

    Args:
        size: side of the square that the network is given, in pixels.
    Raises:
        GraphUnusable: a classifier without features -> pooling -> linear tail, or what OpenVINO cannot express.
    """
    return _detector_export(engine, size) if is_detector(engine.network) else _classifier_export(engine, size)


def _detector_export(engine: TorchEngine, size: int) -> ExportedGraph:
    """One image a request, so that proposals need not be told apart by image."""
    example = torch.zeros((1, 3, size, size), device=engine.device)
    traced = _traced(RankedCandidates(engine.network, size=size), example)
    return replace(_converted(traced, [1, 3, size, size], CANDIDATES), suppression=_rule_of(engine.network))


def _rule_of(network: Any) -> SuppressionRule:
    """How the network itself suppresses: by the options that it was built with, or as torchvision keeps them."""
    if hasattr(network, "options"):
        floor, overlap, most = (network.options[name] for name in ("score_floor", "nms_overlap", "most_boxes"))
    else:
        heads = network.roi_heads
        floor, overlap, most = heads.score_thresh, heads.nms_thresh, heads.detections_per_img
    return SuppressionRule(score_floor=float(floor), nms_overlap=float(overlap), most_boxes=int(most))


def _classifier_export(engine: TorchEngine, size: int) -> ExportedGraph:
    """Only the batch stays open."""
    network = engine.network
    example = torch.zeros((2, 3, size, size), device=engine.device)
    with torch.no_grad():
        output = network(example)
    if "features" not in output or not isinstance(getattr(network, "head", None), nn.Linear):
        raise GraphUnusable("The network has no pooling tail, so its maps cannot be part of a graph.")
    return _converted(_traced(_Tail(network), example), [-1, 3, size, size], OUTPUTS)


def _traced(network: nn.Module, example: Tensor) -> torch.jit.ScriptModule:
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Sizes become constants, which is what is wanted of a square input.
            traced: torch.jit.ScriptModule = torch.jit.trace(network.eval(), example, check_trace=False)
            return traced
    except (RuntimeError, TypeError, ValueError) as error:
        raise GraphUnusable("The network cannot be traced.") from error


def _converted(traced: torch.jit.ScriptModule, shape: Sequence[int], names: Sequence[str]) -> ExportedGraph:
    try:
        return _written(traced, shape, names)
    except (RuntimeError, TypeError, ValueError) as error:
        raise GraphUnusable("The network cannot be expressed as an OpenVINO graph.") from error


def _written(traced: torch.jit.ScriptModule, shape: Sequence[int], names: Sequence[str]) -> ExportedGraph:
    ov = openvino()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced)  # OpenVINO keeps no reference of its own.
    model = frontend.convert(frontend.load(decoder))
    model.reshape({0: ov.PartialShape(list(shape))})
    _names_set(model, names)
    with tempfile.TemporaryDirectory() as folder:
        xml, weights = Path(folder, "graph.xml"), Path(folder, "graph.bin")
        ov.serialize(model, xml, weights)
        return ExportedGraph(xml=xml.read_text(), weights=np.fromfile(weights, np.uint8))


def _names_set(model: Any, names: Sequence[str]) -> None:
    """Names by place: OpenVINO's own count every graph of the process, so that no export would equal another."""
    for place, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{place}")
        for key in [key for key in node.get_rt_info() if key.startswith("fused_names")]:
            del node.get_rt_info()[key]
        for output in node.outputs():
            output.get_tensor().set_names(set())
    for output, name in zip(model.outputs, names, strict=False):
        output.get_tensor().set_names({name})
    model.set_friendly_name("detector" if names == CANDIDATES else "classifier")
