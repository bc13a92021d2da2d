"""The miniature that CI trains: the loss falls, the artefact serves, a resumed run ends where it was."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from feedback.learning.errors import LabelledSetNotShipped
from feedback.learning.publish import publish
from feedback.learning.recipes.bone import MINIATURE_DENSE
from feedback.learning.runs import RunOptions
from feedback.learning.train import TrainingOutcome, may_be_published, train_recipe
from registry.runtime.loader import load_artefact


def trained(out: Path, *, resume: bool = False) -> TrainingOutcome:
    options = RunOptions(seed=3, epochs=None, out=out, resume=resume)
    return train_recipe("miniature-dense", data=None, options=options, command=["train"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dense")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> TrainingOutcome:
    return trained(folder)


def test_the_loss_falls(outcome: TrainingOutcome) -> None:
    assert np.mean(outcome.losses[-5:]) < 0.9 * np.mean(outcome.losses[:5])


def test_the_artefact_serves_with_everything_fitted(outcome: TrainingOutcome) -> None:
    model = load_artefact(outcome.artefact.read_bytes(), sha256=outcome.sha256)
    output = model.engine.classify(np.zeros((2, 3, 96, 96), np.float32))
    assert output.logits.shape == (2, 2) and np.isfinite(output.logits).all()
    assert set(model.spec.operating_points) == set(model.spec.labels) == {"mass", "pneumothorax"}
    assert model.familiarity is not None and model.familiarity.mean.shape == (16,)


def test_the_figures_are_out_of_fold_and_whole(outcome: TrainingOutcome) -> None:
    figures = outcome.spec.training["out_of_fold"]
    assert 0 < figures["mean_auc"] <= 1 and set(figures["findings"]) == {"mass", "pneumothorax"}
    assert figures["pointing"]["n"] == 32 and figures["pointing"]["mean_box_area"] < 0.2


def test_the_manifest_holds_every_train_image_and_the_spec_its_digest(outcome: TrainingOutcome) -> None:
    text = outcome.manifest.read_text()
    assert len(text.splitlines()) == 48 and all(line.startswith("phantoms ") for line in text.splitlines())
    assert outcome.spec.training["train"]["digest"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_finished_run_that_is_resumed_writes_the_same_artefact(outcome: TrainingOutcome, folder: Path) -> None:
    assert trained(folder, resume=True).sha256 == outcome.sha256


def test_a_version_of_a_set_that_does_not_ship_is_not_published(outcome: TrainingOutcome, tmp_path: Path) -> None:
    facts = outcome.spec.training
    local = dataclasses.replace(outcome.spec, training={**facts, "train": {**facts["train"], "ships": False}})
    with pytest.raises(LabelledSetNotShipped):
        publish(local, artefact=outcome.artefact, sha256=outcome.sha256, folder=tmp_path / "starters")
    assert not (tmp_path / "starters").exists()


def test_a_recipe_for_one_machine_is_refused_before_it_trains_for_publication() -> None:
    may_be_published(MINIATURE_DENSE.name)
    with pytest.raises(LabelledSetNotShipped):
        may_be_published("dental-research")
