"""Distillation on phantoms: the student approaches the teacher, and a stopped run ends where it would have."""

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from feedback.learning.distillation import run
from feedback.learning.distillation.films import train_films
from feedback.learning.distillation.recipes import RESNET18, miniature
from feedback.learning.distillation.run import DistilledStudent, distil, load_distilled
from feedback.learning.errors import BackboneUnavailable, CheckpointMismatch, LabelledSetUnusable
from feedback.learning.runs import RunOptions
from tests.paths import requires_shared_data, shared_data

RECIPE = replace(miniature(RESNET18), steps=10, last_steps=2, checkpoint_every=3, settling_batches=2)


def options(out: Path, *, resume: bool = False, seed: int = 4) -> RunOptions:
    return RunOptions(seed=seed, epochs=None, out=out, resume=resume)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("distilled")


@pytest.fixture(scope="module")
def student(folder: Path) -> DistilledStudent:
    return distil(RECIPE, data=None, options=options(folder))


def test_the_student_approaches_its_teacher(student: DistilledStudent) -> None:
    assert np.mean(student.losses[-3:]) < 0.9 * np.mean(student.losses[:3])


def test_the_manifest_names_every_train_film_and_nothing_else(student: DistilledStudent, folder: Path) -> None:
    with (folder / "phantoms" / "labels.csv").open(newline="") as file:
        train = [row["file"] for row in csv.DictReader(file) if row["split"] == "train"]
    digests = [hashlib.sha256((folder / "phantoms" / "images" / name).read_bytes()).hexdigest() for name in train]
    assert student.manifest.read_text().splitlines() == sorted(f"phantoms {digest}" for digest in digests)


def test_the_stored_body_gives_two_stages(student: DistilledStudent, folder: Path) -> None:
    loaded = load_distilled("resnet18", folder)
    with torch.inference_mode():
        s16, s32 = loaded.body.eval()(torch.zeros(1, 3, 96, 96))
    assert s16.shape == (1, 256, 6, 6) and s32.shape == (1, 512, 3, 3)
    assert torch.isfinite(s32).all() and loaded.digest == hashlib.sha256(student.weights.read_bytes()).hexdigest()


def test_a_stopped_run_that_goes_on_ends_bit_for_bit_where_an_uninterrupted_one_does(
    student: DistilledStudent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = run.draw_views
    calls = iter(range(100))

    def interrupted(*args: object, **kwargs: object) -> torch.Tensor:
        if next(calls) == 7:
            raise KeyboardInterrupt
        return drawn(*args, **kwargs)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(run, "draw_views", interrupted)
        distil(RECIPE, data=None, options=options(tmp_path))
    assert not (tmp_path / "resnet18.safetensors").exists()
    resumed = distil(RECIPE, data=None, options=options(tmp_path, resume=True))
    expected, found = load_file(student.weights), load_file(resumed.weights)
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert resumed.losses == student.losses


def test_a_checkpoint_of_another_seed_is_refused(student: DistilledStudent, folder: Path) -> None:
    with pytest.raises(CheckpointMismatch):
        distil(RECIPE, data=folder, options=options(folder, resume=True, seed=5))


def test_a_student_that_is_not_there_and_a_set_that_is_not_there_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BackboneUnavailable) as refused:
        load_distilled("densenet121", tmp_path)
    assert "manage.py distil --student densenet121" in str(refused.value.remedy)
    with pytest.raises(LabelledSetUnusable):
        train_films(tmp_path)


class TestSharedData:
    pytestmark = requires_shared_data

    def test_the_real_films_are_the_train_splits_of_the_sets_that_ship(self) -> None:
        films = train_films(shared_data())
        assert {film.set_name for film in films} == {"chest_nih", "fracture_fracatlas", "dental_opg"}
        assert len(films) == 2713 and len({film.path for film in films}) == 2713
