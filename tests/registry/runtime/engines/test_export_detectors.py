"""One export: detectors of every family put out through OpenVINO what they do through torch."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from torch import nn

from registry.runtime.architectures.ranked_candidates import RankedCandidates
from registry.runtime.engines.export import graph_export
from registry.runtime.engines.graph import ExportedGraph, graph_pack, graph_unpack
from registry.runtime.engines.openvino import OpenVinoEngine
from registry.runtime.engines.suppression import SuppressionRule, suppress
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.errors import GraphUnusable
from tests.paths import REPOSITORY
from tests.registry.runtime.artefact_samples import make_spec, make_tensors
from tests.registry.runtime.engines.detector_samples import COMMON, FAMILIES, SIDE, detector_engine, images

RULE = SuppressionRule(COMMON["score_floor"], COMMON["nms_overlap"], COMMON["most_boxes"])


@pytest.fixture(scope="module", params=FAMILIES)
def reference(request) -> TorchEngine:
    return detector_engine(request.param)


@pytest.fixture(scope="module")
def exported(reference) -> bytes:
    return graph_pack(graph_export(reference, size=SIDE))


def same_boxes(found, expected) -> None:
    """Box for box; equal scores may stand in another order."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert len(one.boxes) == len(other.boxes) > 3
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-4)
        for box, label, score in zip(other.boxes, other.labels, other.scores, strict=True):
            near = (np.abs(one.boxes - box).max(axis=1) < 0.05) & (one.labels == label)
            assert near.any() and np.abs(one.scores[near] - score).min() < 1e-4


def test_candidates_of_fixed_number_suppressed_in_numpy_are_the_network_s_own_boxes(reference):
    """In torch alone: the traceable form says what the network says."""
    tensors = [RankedCandidates(reference.network, size=SIDE)(torch.from_numpy(image[None])) for image in images(3)]
    same_boxes([suppress(*(t[0].numpy() for t in each), rule=RULE) for each in tensors], reference.detect(images(3)))


@pytest.mark.parametrize("count", [1, 5])
def test_the_graph_detects_what_torch_does_in_any_number_of_images(reference, exported, count):
    engine = OpenVinoEngine(graph_unpack(exported), precision="f32")
    same_boxes(engine.detect(images(count)), reference.detect(images(count)))


def test_the_same_network_is_exported_to_the_same_bytes(reference, exported):
    assert graph_pack(graph_export(reference, size=SIDE)) == exported


def test_how_the_network_suppresses_goes_with_its_graph(exported):
    assert graph_unpack(exported).suppression == RULE


def test_a_graph_does_only_what_it_was_exported_for(exported):
    with pytest.raises(GraphUnusable, match="detector"):
        OpenVinoEngine(graph_unpack(exported), precision="f32").classify(images(1))
    spec = make_spec()
    classifier = graph_export(TorchEngine(_built(spec)), size=64)
    with pytest.raises(GraphUnusable, match="classifier"):
        OpenVinoEngine(classifier, precision="f32").detect(images(1))


def test_a_graph_that_claims_to_be_the_other_kind_is_refused(exported):
    graph = graph_unpack(exported)
    with pytest.raises(GraphUnusable, match="lacks an output"):
        OpenVinoEngine(ExportedGraph(xml=graph.xml, weights=graph.weights), precision="f32")


def test_a_rule_that_is_none_is_refused():
    tensors = {"weights": np.zeros(4, np.uint8), "suppression": np.zeros(2)}
    with pytest.raises(GraphUnusable):
        graph_unpack(save(tensors, metadata={"graph": "<?xml?>"}))


def test_a_network_of_no_known_family_has_no_candidates():
    with pytest.raises(TypeError):
        RankedCandidates(nn.Conv2d(3, 4, 1), size=SIDE)


def test_a_detector_s_graph_runs_without_torch(exported, tmp_path):
    (tmp_path / "graph").write_bytes(exported)
    script = """
import sys, pathlib, numpy as np
from registry.runtime.engines.graph import graph_unpack
from registry.runtime.engines.openvino import OpenVinoEngine
engine = OpenVinoEngine(graph_unpack(pathlib.Path(sys.argv[1]).read_bytes()), precision="f32")
engine.detect(np.zeros((2, 3, 128, 128), np.float32))
loaded = [name for name, module in sys.modules.items() if module is not None]
print([name for name in loaded if name.split(".")[0] in {"torch", "torchvision", "timm", "openvino_telemetry"}])
"""
    command = [sys.executable, "-c", script, str(tmp_path / "graph")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _built(spec) -> nn.Module:
    from registry.runtime.engines.torch import torch_engine

    return torch_engine(spec, make_tensors(spec)).network
