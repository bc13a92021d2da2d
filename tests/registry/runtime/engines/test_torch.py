import numpy as np
import torch

from registry.runtime.engines import torch as torch_module
from registry.runtime.engines.torch import TorchEngine, inference_device
from tests.imaging.pipeline.model_samples import FlatNetwork


def test_a_gpu_is_used_where_torch_has_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert inference_device() == torch.device("cuda", 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert inference_device() == torch.device("cpu")


def test_network_and_batch_go_to_the_engine_s_device():
    # "meta" is a device without memory: the one besides the processor that is everywhere.
    engine = TorchEngine(FlatNetwork(named=False), device=torch.device("meta"))
    assert {parameter.device.type for parameter in engine.network.parameters()} == {"meta"}
    assert engine._tensor(np.zeros((1, 3, 128, 128), np.float32)).device.type == "meta"


def test_an_engine_asks_for_the_device_in_one_place(monkeypatch):
    monkeypatch.setattr(torch_module, "inference_device", lambda: torch.device("meta"))
    assert TorchEngine(FlatNetwork(named=False)).device == torch.device("meta")
