"""The one-pass maps against the grad-cam package: all tails, random and shipped weights, logits of both signs."""

import hashlib

import numpy as np
import pytest
import torch

from imaging.pipeline.cells import upsampled
from imaging.pipeline.errors import ExplanationImpossible
from imaging.pipeline.explain import contributions, normalised
from imaging.pipeline.explain_reference import reference_maps
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from registry.runtime.artefacts import STARTER_MODELS, starter_index
from registry.runtime.loader import load_artefact, load_starter
from registry.runtime.values import InputSpec, LoadedModel
from tests.imaging.pipeline.model_samples import FlatNetwork, make_frame
from tests.registry.runtime.artefact_samples import make_artefact, make_spec

INPUTS = 5
has_starters = (STARTER_MODELS / "index.json").is_file()
STARTERS = [entry.name for entry in starter_index().models] if has_starters else []


def inputs_for(spec: InputSpec, count: int) -> list[np.ndarray]:
    settings = PreprocessSettings.from_dict(spec.preprocess)
    frames = [make_frame(rows=300 + 60 * n, columns=400, seed=n) for n in range(count)]
    return [preprocess(f, size=spec.size, settings=settings, mean=spec.mean, std=spec.std).array for f in frames]


def assert_maps_agree(model: LoadedModel, *, inputs: int = INPUTS) -> None:
    """Both maps and their normalised form, for every label of every input."""
    labels, logits = range(len(model.spec.labels)), []
    for array in inputs_for(model.spec.input, inputs):
        output = model.engine.classify(array[None])
        logits += output.logits[0].tolist()
        maps = contributions(output.features[0], output.head_weight)
        mine = np.stack([normalised(upsampled(normalised(cell_map), size=array.shape[-1])) for cell_map in maps])
        reference = reference_maps(model.engine.network, array, labels=labels)
        np.testing.assert_allclose(mine, reference.normalised, atol=1e-4)
        scale = np.abs(maps).max()
        np.testing.assert_allclose(maps / scale, reference.signed / scale, atol=1e-4)
    assert min(logits) < 0


LITE0 = {"width": 32, "kernel": 3, "direct": True, "triage": True}


@pytest.mark.parametrize(
    ("architecture", "options"),
    [("resnet18", {}), ("resnet50", {}), ("densenet121", {}), ("efficientnet_b0", {}), ("lite0_s16s32_head", LITE0)],
)
def test_one_pass_equals_the_package_on_every_tail(architecture, options):
    data = make_artefact(make_spec(architecture=architecture, architecture_options=options, triage=None))
    assert_maps_agree(load_artefact(data, sha256=hashlib.sha256(data).hexdigest()))


@pytest.mark.skipif(not has_starters, reason="needs the shipped weights in registry/starter_models")
@pytest.mark.parametrize("name", STARTERS)
def test_one_pass_equals_the_package_with_the_shipped_weights(name):
    model = load_starter(name)
    if model.spec.task == "classifier":
        assert_maps_agree(model, inputs=1)  # the package takes a backward pass a label, at the full size


def test_a_network_without_a_pooling_tail_is_explained_by_the_layer_it_names():
    torch.manual_seed(0)
    network = FlatNetwork(named=True).eval()
    array = np.random.default_rng(0).normal(size=(3, 128, 128)).astype(np.float32)
    maps = reference_maps(network, array, labels=[0, 1]).signed
    assert maps.shape == (2, 4, 4)
    assert np.abs(maps).max() > 0


def test_a_network_that_names_no_layer_and_has_no_features_cannot_be_explained():
    with pytest.raises(ExplanationImpossible):
        reference_maps(FlatNetwork(named=False), np.zeros((3, 128, 128), np.float32), labels=[0])


class LogMeanExpNetwork(torch.nn.Module):
    """A small network that pools the logit map, not the features: b + (1/r) log mean exp(r m)."""

    def __init__(self, *, sharpness: float) -> None:
        super().__init__()
        self.sharpness = sharpness
        self.body = torch.nn.Conv2d(3, 6, 16, stride=16)
        self.head = torch.nn.Linear(6, 3)

    def forward(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        features = torch.relu(self.body(batch))
        maps = torch.einsum("lc,nchw->nlhw", self.head.weight, features).flatten(2)
        pooled = torch.logsumexp(self.sharpness * maps, dim=2) - np.log(maps.shape[2])
        return {"logits": self.head.bias + pooled / self.sharpness, "features": features}


@pytest.mark.parametrize("sharpness", [0.5, 4.0])
def test_one_pass_equals_the_package_where_the_logit_map_is_pooled_by_log_mean_exp(sharpness):
    torch.manual_seed(0)
    network = LogMeanExpNetwork(sharpness=sharpness).eval()
    array = np.random.default_rng(0).normal(size=(3, 128, 128)).astype(np.float32)
    with torch.no_grad():
        features = network(torch.from_numpy(array[None]))["features"][0].numpy()
    maps = contributions(features, network.head.weight.detach().numpy())
    reference = reference_maps(network, array, labels=range(3)).signed
    np.testing.assert_allclose(maps, reference, atol=1e-5 * np.abs(maps).max())
