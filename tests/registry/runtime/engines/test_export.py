import hashlib
import subprocess
import sys

import numpy as np
import pytest

from registry.runtime.engines.export import graph_export
from registry.runtime.engines.graph import GraphBuild, graph_pack, graph_unpack
from registry.runtime.engines.openvino import OpenVinoEngine
from registry.runtime.engines.torch import TorchEngine, torch_engine
from registry.runtime.errors import GraphUnusable
from tests.imaging.pipeline.model_samples import FlatNetwork
from tests.paths import REPOSITORY
from tests.registry.runtime.artefact_samples import make_spec, make_tensors

SIZE = 64


@pytest.fixture(scope="module")
def reference() -> TorchEngine:
    spec = make_spec()
    return torch_engine(spec, make_tensors(spec))


@pytest.fixture(scope="module")
def exported(reference) -> bytes:
    return graph_pack(graph_export(reference, size=SIZE))


def images(count: int) -> np.ndarray:
    return np.random.default_rng(count).standard_normal((count, 3, SIZE, SIZE)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 3])
def test_the_graph_puts_out_what_torch_does_for_any_number_of_images(reference, exported, count):
    expected = reference.classify(images(count))
    found = OpenVinoEngine(graph_unpack(exported), precision="f32").classify(images(count))
    maps = np.einsum("lc,nchw->nlhw", expected.head_weight, expected.features) / (SIZE // 32) ** 2
    for fast, slow in (
        (found.logits, expected.logits),
        (found.triage_logits, expected.triage_logits),
        (found.pooled, expected.features.mean(axis=(2, 3))),
        (found.maps, maps),
    ):
        assert fast.shape == slow.shape and fast.dtype == np.float32
        np.testing.assert_allclose(fast, slow, atol=1e-4 * np.abs(slow).max())
    assert found.features is None


def test_an_image_s_outputs_are_its_own_whatever_shares_its_batch(exported):
    engine = OpenVinoEngine(graph_unpack(exported), precision="f32")
    batch = images(4)
    together, alone = engine.classify(batch), engine.classify(batch[2:3])
    np.testing.assert_allclose(together.logits[2], alone.logits[0], rtol=1e-5)
    np.testing.assert_allclose(together.maps[2], alone.maps[0], rtol=1e-4, atol=1e-6)


def test_a_network_without_a_pooling_tail_is_not_exported():
    with pytest.raises(GraphUnusable):
        graph_export(TorchEngine(FlatNetwork(named=False)), size=128)


def test_bytes_that_were_not_measured_are_not_run(exported):
    digest = hashlib.sha256(exported).hexdigest()
    assert GraphBuild("openvino_f32", digest, lambda: exported).opened().xml.startswith("<?xml")
    with pytest.raises(GraphUnusable):
        GraphBuild("openvino_f32", digest, lambda: exported[:-1] + b"x").opened()


@pytest.mark.parametrize("data", [b"", b"no graph", b"\x02\0\0\0\0\0\0\0{}"])
def test_what_is_no_graph_is_refused(data):
    with pytest.raises(GraphUnusable):
        graph_unpack(data)


def test_a_graph_runs_without_torch_and_without_telemetry(exported, tmp_path):
    (tmp_path / "graph").write_bytes(exported)
    script = """
import sys, pathlib, numpy as np
from registry.runtime.engines.graph import graph_unpack
from registry.runtime.engines.openvino import OpenVinoEngine
engine = OpenVinoEngine(graph_unpack(pathlib.Path(sys.argv[1]).read_bytes()), precision="f32")
engine.classify(np.zeros((1, 3, 64, 64), np.float32))
loaded = [name for name, module in sys.modules.items() if module is not None]
print([name for name in loaded if name.split(".")[0] in {"torch", "torchvision", "timm", "openvino_telemetry"}])
"""
    command = [sys.executable, "-c", script, str(tmp_path / "graph")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
