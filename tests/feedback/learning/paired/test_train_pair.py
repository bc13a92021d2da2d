"""The miniature pair: each label is its member's, in the figures, in the artefact and in the exported graph."""

from pathlib import Path

import numpy as np
import pytest

from feedback.learning.paired.figures import CHOICE
from feedback.learning.runs import RunOptions
from feedback.learning.train import TrainingOutcome, train_recipe
from registry.runtime.engines.export import graph_export
from registry.runtime.engines.openvino import OpenVinoEngine
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.loader import load_artefact


def trained(out: Path, *, resume: bool = False) -> TrainingOutcome:
    options = RunOptions(seed=3, epochs=1, out=out, resume=resume)
    return train_recipe("miniature-pair", data=None, options=options, command=["train"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pair")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> TrainingOutcome:
    return trained(folder)


def test_the_figures_are_those_of_the_member_that_answers(outcome: TrainingOutcome) -> None:
    figures = outcome.spec.training["out_of_fold"]
    assert figures["choice"] == CHOICE and figures["pointing"]["n"] == 32
    for label, member in (("mass", "miniature-pair-head"), ("pneumothorax", "miniature-pair-dense")):
        entry = figures["members"][label]
        assert entry["answered_by"] == member
        assert figures["findings"][label]["auc"]["value"] == pytest.approx(entry["auc"][member])


def test_the_artefact_serves_and_its_graph_agrees(outcome: TrainingOutcome) -> None:
    model = load_artefact(outcome.artefact.read_bytes(), sha256=outcome.sha256)
    assert model.spec.architecture == "paired_heads" and set(model.spec.operating_points) == {"mass", "pneumothorax"}
    assert isinstance(model.engine, TorchEngine) and model.familiarity is not None
    batch = np.random.default_rng(0).standard_normal((2, 3, 96, 96)).astype(np.float32)
    output = model.engine.classify(batch)
    assert output.features is not None and model.familiarity.mean.shape == (output.features.shape[1],)
    assert not model.familiarity.mean[:16].any()
    served = OpenVinoEngine(graph_export(model.engine, size=96), precision="f32").classify(batch)
    np.testing.assert_allclose(served.logits, output.logits, atol=2e-3)


def test_a_finished_run_that_is_resumed_writes_the_same_artefact(outcome: TrainingOutcome, folder: Path) -> None:
    assert trained(folder, resume=True).sha256 == outcome.sha256
