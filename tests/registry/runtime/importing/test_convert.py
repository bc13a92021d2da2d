"""Imported weights compute what they computed elsewhere, or are refused with every name that does not fit."""

import hashlib
from typing import Any

import numpy as np
import pytest
import timm
import torch
from torch import nn
from torchvision import models

from registry.runtime.artefacts import artefact_pack_in_full, artefact_parse
from registry.runtime.engines.torch import torch_engine
from registry.runtime.importing.convert import IMAGENET_MEAN, IMAGENET_STD, weights_convert
from registry.runtime.importing.errors import LabelsDoNotFit, WeightsDoNotFit
from registry.runtime.importing.names import CHEXNET_LABELS
from registry.runtime.importing.request import WeightsRequest
from tests.registry.runtime.importing.checkpoints import old_dense_names, saved, seeded

SIZE = 64
LABELS = ("a", "b", "c")


def request(path: Any, **changes: Any) -> WeightsRequest:
    values = {"architecture": "resnet18", "source": "torchvision", "labels": LABELS}
    fixed = {"name": "imported", "version": "1.0.0", "case_types": ("ct",), "path": path}
    return WeightsRequest(**{**values, **fixed, **changes})


def logits_by_us(wanted: WeightsRequest, grey: np.ndarray) -> np.ndarray:
    """Through the artefact's bytes, as a worker would load them; grey in [0, 1], not yet standardised."""
    spec, tensors = weights_convert(wanted)
    data = artefact_pack_in_full(spec, tensors)
    spec, read = artefact_parse(data, sha256=hashlib.sha256(data).hexdigest())
    batch = (np.repeat(grey[:, None], 3, axis=1) - spec.input.mean) / spec.input.std
    return torch_engine(spec, read).classify(batch.astype(np.float32)).logits


def logits_by_them(network: nn.Module, grey: np.ndarray) -> np.ndarray:
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    batch = torch.from_numpy(np.repeat(grey[:, None], 3, axis=1))
    with torch.inference_mode():
        return network((batch - mean) / std).numpy()


NETWORKS = {
    "resnet18 torchvision": lambda: models.resnet18(num_classes=3),
    "resnet18 timm": lambda: timm.create_model("resnet18", num_classes=3),
    "resnet50 torchvision": lambda: models.resnet50(num_classes=3),
    "densenet121 torchvision": lambda: models.densenet121(num_classes=3),
    "densenet121 timm": lambda: timm.create_model("densenet121", num_classes=3),
    "efficientnet_b0 torchvision": lambda: models.efficientnet_b0(num_classes=3),
    "efficientnet_b0 timm": lambda: timm.create_model("efficientnet_b0", num_classes=3),
    "efficientnet_lite0 timm": lambda: timm.create_model("tf_efficientnet_lite0", num_classes=3),
}


@pytest.mark.parametrize("which", NETWORKS)
def test_imported_weights_compute_what_they_computed_elsewhere(tmp_path, which):
    architecture, source = which.split()
    network = seeded(NETWORKS[which])
    path = saved(network.state_dict(), tmp_path / "x.pth")
    grey = np.random.default_rng(0).random((2, SIZE, SIZE), dtype=np.float32)
    mine = logits_by_us(request(path, architecture=architecture, source=source), grey)
    theirs = logits_by_them(network, grey)
    np.testing.assert_allclose(mine, theirs, atol=2e-5 * max(1.0, np.abs(theirs).max()))


@pytest.mark.slow
@pytest.mark.parametrize("which", ["torchvision", "timm"])
def test_the_largest_network_too(tmp_path, which):
    make = models.efficientnet_b7 if which == "torchvision" else lambda **o: timm.create_model("efficientnet_b7", **o)
    network = seeded(make, num_classes=3)
    path = saved(network.state_dict(), tmp_path / "x.pth")
    grey = np.random.default_rng(0).random((1, SIZE, SIZE), dtype=np.float32)
    mine = logits_by_us(request(path, architecture="efficientnet_b7", source=which), grey)
    theirs = logits_by_them(network, grey)
    np.testing.assert_allclose(mine, theirs, atol=1e-4 * max(1.0, np.abs(theirs).max()))


class CheXNet(nn.Module):
    """The published reimplementation's shape: DenseNet-121 whose classifier is Linear and Sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.densenet121 = models.densenet121()
        self.densenet121.classifier = nn.Sequential(nn.Linear(1024, 14), nn.Sigmoid())

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return self.densenet121(batch)


@pytest.fixture(scope="module")
def chexnet(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Saved as it is published: DataParallel, old names, wrapped, the old file format."""
    network = seeded(CheXNet)
    state = old_dense_names(nn.DataParallel(network).state_dict())
    assert any(".norm.1." in name for name in state) and all(name.startswith("module.") for name in state)
    content = {"epoch": 5, "state_dict": state, "best_loss": 0.2}
    return network, saved(content, tmp_path_factory.mktemp("chexnet") / "model.pth.tar", legacy=True)


def test_chexnet_brings_its_fourteen_labels_in_order(chexnet):
    network, path = chexnet
    wanted = request(path, architecture="densenet121", source="chexnet", labels=())
    spec, _ = weights_convert(wanted)
    assert spec.labels == CHEXNET_LABELS and len(spec.labels) == 14 and spec.input.size == 224
    grey = np.random.default_rng(1).random((1, SIZE, SIZE), dtype=np.float32)
    probabilities = 1 / (1 + np.exp(-logits_by_us(wanted, grey)))
    np.testing.assert_allclose(probabilities, logits_by_them(network, grey), atol=1e-5)


def test_some_of_chexnet_s_labels_are_taken_by_name_in_our_order(chexnet):
    network, path = chexnet
    labels = ("pneumothorax", "effusion")
    grey = np.random.default_rng(2).random((1, SIZE, SIZE), dtype=np.float32)
    mine = logits_by_us(request(path, architecture="densenet121", source="chexnet", labels=labels), grey)
    theirs = logits_by_them(network, grey)[:, [CHEXNET_LABELS.index(label) for label in labels]]
    np.testing.assert_allclose(1 / (1 + np.exp(-mine)), theirs, atol=1e-5)


def test_a_label_that_chexnet_does_not_have_is_refused(chexnet):
    with pytest.raises(LabelsDoNotFit, match="It has: atelectasis"):
        weights_convert(request(chexnet[1], architecture="densenet121", source="chexnet", labels=("fracture",)))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Any:
    network = seeded(models.resnet18, num_classes=3)
    return saved(network.state_dict(), tmp_path_factory.mktemp("resnet") / "x.pth")


class TestWhatTheVersionSays:
    def test_it_is_not_calibrated_and_nothing_is_ever_positive_by_it(self, path):
        spec, _ = weights_convert(request(path))
        assert (spec.operating_points, spec.triage, spec.familiarity) == ({}, None, None)
        assert {entry.temperature for entry in spec.calibration.values()} == {1.0}
        assert spec.training["calibration"] == "not calibrated here"

    def test_one_mean_for_all_channels_stays_with_the_input(self, path):
        spec, _ = weights_convert(request(path, mean=(0.5,), std=(0.25,), size=320))
        assert (spec.input.mean, spec.input.std, spec.input.size) == (0.5, 0.25, 320)
        assert spec.architecture_options == {}

    def test_rows_say_which_output_a_label_is(self, path):
        spec, tensors = weights_convert(request(path, labels=("c", "a"), rows=(2, 0)))
        whole = weights_convert(request(path))[1]
        np.testing.assert_array_equal(tensors["head.weight"], whole["head.weight"][[2, 0]])
        assert spec.labels == ("c", "a")

    @pytest.mark.parametrize(
        "changes",
        [
            {"labels": ()},
            {"labels": ("a", "b")},
            {"labels": ("a", "b", "c", "d")},
            {"labels": ("a", "a", "b")},
            {"labels": ("a",), "rows": (3,)},
            {"labels": ("a",), "rows": (-1,)},
            {"labels": ("a", "b"), "rows": (0,)},
        ],
        ids=str,
    )
    def test_labels_that_do_not_fit_the_last_layer_are_refused(self, path, changes):
        with pytest.raises(LabelsDoNotFit):
            weights_convert(request(path, **changes))


class TestWhatDoesNotFit:
    @pytest.fixture
    def state(self) -> dict[str, torch.Tensor]:
        return dict(seeded(models.resnet18, num_classes=3).state_dict())

    def refused(self, state: dict[str, Any], path: Any) -> dict[str, Any]:
        with pytest.raises(WeightsDoNotFit) as refusal:
            weights_convert(request(saved(state, path / "x.pth")))
        return refusal.value.details

    def test_every_name_that_is_missing_unknown_or_misshapen_is_listed(self, state, tmp_path):
        del state["layer1.0.conv1.weight"], state["bn1.bias"]
        state |= {"aux.weight": torch.zeros(1), "conv1.weight": torch.zeros(64, 1, 7, 7)}
        assert self.refused(state, tmp_path) == {
            "missing": ["body.1.bias", "body.4.0.conv1.weight"],
            "unexpected": ["aux.weight"],
            "other_shape": ["conv1.weight: 64x1x7x7 instead of 64x3x7x7"],
        }

    def test_weights_of_another_depth_are_named_and_counted(self, tmp_path):
        state = models.resnet50(num_classes=3).state_dict()
        details = self.refused(state, tmp_path)
        assert len(details["unexpected"]) > 100 and "layer1.0.conv3.weight" in details["unexpected"]

    def test_a_value_that_is_not_finite_is_refused(self, state, tmp_path):
        state["fc.bias"] = torch.tensor([0.0, float("nan"), 0.0])
        assert self.refused(state, tmp_path) == {"not_finite": ["fc.bias"]}

    def test_a_missing_last_layer_is_missing(self, state, tmp_path):
        del state["fc.weight"], state["fc.bias"]
        assert self.refused(state, tmp_path) == {"missing": ["head.bias", "head.weight"]}

    def test_counters_of_training_steps_may_be_missing(self, state, tmp_path):
        kept = {name: tensor for name, tensor in state.items() if "num_batches_tracked" not in name}
        spec, tensors = weights_convert(request(saved(kept, tmp_path / "x.pth")))
        assert "body.1.num_batches_tracked" in tensors and spec.labels == LABELS
