"""The miniatures that CI trains: the loss falls, the artefact serves, a killed run ends where it would have."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from feedback.learning.errors import LabelledSetUnusable, RecipeUnknown
from feedback.learning.labelled_sets import PHANTOMS, of_split, read_set
from feedback.learning.publish import publish
from feedback.learning.runs import RunOptions
from feedback.learning.train import TrainingOutcome, train_recipe
from registry.runtime.artefacts import artefact_open, starter_index
from registry.runtime.loader import load_artefact
from tests.paths import REPOSITORY

SEED = 3
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def trained(recipe: str, out: Path) -> TrainingOutcome:
    options = RunOptions(seed=SEED, epochs=None, out=out, resume=False)
    return train_recipe(recipe, data=None, options=options, command=["train", recipe])


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> TrainingOutcome:
    return trained("miniature-lite0", tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> TrainingOutcome:
    return trained("miniature-fasterrcnn", tmp_path_factory.mktemp("detector"))


def test_the_classifier_s_loss_falls(classifier: TrainingOutcome) -> None:
    assert np.mean(classifier.losses[-6:]) < 0.6 * np.mean(classifier.losses[:6])


def test_the_detector_s_loss_falls(detector: TrainingOutcome) -> None:
    assert np.mean(detector.losses[-6:]) < 0.8 * np.mean(detector.losses[:6])


def test_the_classifier_tells_phantoms_apart_that_it_was_not_trained_on(classifier: TrainingOutcome) -> None:
    figures = classifier.spec.training["out_of_fold"]
    assert figures["finding_auc"]["mass"] > 0.8
    assert figures["finding_auc"]["pneumothorax"] > 0.8
    assert 0 <= figures["triage_ece_urgent"] < 0.5 and figures["pointing"]["n"] > 0


@pytest.mark.parametrize("body", ["resnet18", "densenet121"])
def test_a_student_is_distilled_trained_and_served(body: str, tmp_path: Path) -> None:
    outcome = trained(f"miniature-{body}", tmp_path)
    assert np.mean(outcome.losses[-6:]) < np.mean(outcome.losses[:6])
    assert body in outcome.spec.training["backbone"]
    output = load_artefact(outcome.artefact.read_bytes(), sha256=outcome.sha256).engine.classify(
        np.zeros((1, 3, 96, 96), np.float32)
    )
    np.testing.assert_allclose(
        output.features.mean(axis=(2, 3)) @ output.head_weight.T + output.head_bias, output.logits, atol=1e-4
    )


def test_the_artefact_serves(classifier: TrainingOutcome) -> None:
    model = load_artefact(classifier.artefact.read_bytes(), sha256=classifier.sha256)
    output = model.engine.classify(np.zeros((2, 3, 96, 96), np.float32))
    assert output.logits.shape == (2, 2) and output.triage_logits.shape == (2, 3)
    pooled = output.features.mean(axis=(2, 3))
    np.testing.assert_allclose(pooled @ output.head_weight.T + output.head_bias, output.logits, atol=1e-4)
    assert model.familiarity is not None and model.familiarity.mean.shape == (pooled.shape[1],)


def test_the_detector_s_artefact_serves(detector: TrainingOutcome) -> None:
    model = load_artefact(detector.artefact.read_bytes(), sha256=detector.sha256)
    assert len(model.engine.detect(np.zeros((1, 3, 96, 96), np.float32))) == 1


def test_the_spec_says_where_the_weights_come_from(classifier: TrainingOutcome) -> None:
    facts = artefact_open(classifier.artefact, sha256=classifier.sha256)[0].training
    assert facts["seed"] == SEED and facts["command"] == "train miniature-lite0"
    assert "metrics" not in facts and "hold_out" not in facts


@pytest.mark.parametrize("kind", ["classifier", "detector"])
def test_the_manifest_names_the_train_films_and_the_spec_its_digest(kind: str, request: pytest.FixtureRequest) -> None:
    outcome: TrainingOutcome = request.getfixturevalue(kind)
    lines = outcome.manifest.read_text().splitlines()
    train = of_split(read_set(outcome.artefact.parent / "phantoms", terms=PHANTOMS), "train")
    assert lines == sorted(f"phantoms {hashlib.sha256(image.path.read_bytes()).hexdigest()}" for image in train)
    facts = outcome.spec.training["train"]
    assert facts["digest"] == hashlib.sha256(outcome.manifest.read_bytes()).hexdigest()
    assert facts["files"] == {"phantoms": len(train)}


def test_publishing_lists_classifier_before_detector(
    classifier: TrainingOutcome, detector: TrainingOutcome, tmp_path: Path
) -> None:
    for outcome in (detector, classifier, detector):
        publish(outcome.spec, artefact=outcome.artefact, sha256=outcome.sha256, folder=tmp_path)
    index = starter_index(tmp_path)
    assert index.routes["chest"] == ("miniature-lite0", "miniature-fasterrcnn")
    entry = index.model("miniature-lite0")
    assert artefact_open(tmp_path / entry.file, sha256=entry.sha256)[0].name == "miniature-lite0"
    assert (tmp_path / entry.file).with_suffix(".manifest.txt").read_bytes() == classifier.manifest.read_bytes()


@pytest.mark.slow
def test_a_run_killed_with_sigkill_and_resumed_ends_bit_for_bit_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    """Both in processes of their own: what ran in this one before may have left other thread settings behind."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    first = subprocess.Popen(training(killed), cwd=REPOSITORY, env=ONE_THREAD, stderr=subprocess.DEVNULL)
    wait_for(killed / "miniature-lite0-fold1.checkpoint")
    first.send_signal(signal.SIGKILL)
    assert first.wait(timeout=60) == -signal.SIGKILL
    for out in (killed, whole):
        subprocess.run(training(out), cwd=REPOSITORY, env=ONE_THREAD, check=True, capture_output=True, timeout=240)
    tensors, expected = tensors_in(killed), tensors_in(whole)
    assert tensors.keys() == expected.keys()
    assert [name for name in expected if not np.array_equal(tensors[name], expected[name])] == []


def training(out: Path) -> list[str]:
    command = [sys.executable, "manage.py", "train", "--recipe", "miniature-lite0", "--seed", str(SEED)]
    return [*command, "--out", str(out), "--resume"]


def tensors_in(folder: Path) -> dict[str, np.ndarray]:
    artefact = next(folder.glob("*.safetensors"))
    return artefact_open(artefact, sha256=load_digest(artefact))[1]


def test_progress_and_the_time_left_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    from feedback.learning.progress import Progress

    progress = Progress("work", 10, seconds_between=0.0)
    progress.show(1)
    progress.show(5, "loss 0.5000")
    progress.show(10)
    shown = capsys.readouterr()
    assert shown.out == "" and "5/10" in shown.err and "left" in shown.err and "loss 0.5000" in shown.err


def test_an_unknown_recipe_and_a_missing_folder_are_refused_in_words(tmp_path: Path) -> None:
    options = RunOptions(seed=1, epochs=None, out=tmp_path, resume=False)
    with pytest.raises(RecipeUnknown):
        train_recipe("magic", data=tmp_path, options=options, command=[])
    with pytest.raises(LabelledSetUnusable):
        train_recipe("chest-lite0", data=tmp_path, options=options, command=[])


def wait_for(path: Path, seconds: float = 120.0) -> None:
    limit = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < limit, "no checkpoint in time"
        time.sleep(0.02)


def load_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
