"""Only train images of sets that ship are ever trained on, and the manifest says which."""

import dataclasses
from pathlib import Path

import pytest

from feedback.learning.errors import HoldOutLeak, LabelledSetNotShipped, LabelledSetUnusable
from feedback.learning.labelled_sets import (
    CHEST_NIH,
    DENTAL_OPG,
    FRACATLAS,
    PHANTOMS,
    SETS,
    LabelledImage,
    manifest_of,
    of_split,
    read_set,
    training_manifest,
)
from feedback.learning.phantoms import write_phantoms
from tests.paths import requires_shared_data, shared_data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sets") / "phantoms"
    write_phantoms(path, seed=1)
    return path


@pytest.fixture
def images(folder: Path) -> list[LabelledImage]:
    return read_set(folder, terms=PHANTOMS)


def test_a_manifest_with_a_val_image_is_refused(images: list[LabelledImage]) -> None:
    with pytest.raises(HoldOutLeak):
        training_manifest([*of_split(images, "train"), of_split(images, "val")[0]], terms=PHANTOMS)


@pytest.mark.parametrize("name", [name for name, terms in SETS.items() if not terms.trains])
def test_sets_that_no_recipe_may_train_on_are_neither_read_nor_put_in_a_manifest(
    name: str, images: list[LabelledImage]
) -> None:
    with pytest.raises(LabelledSetNotShipped):
        read_set(Path("anywhere"), terms=SETS[name])
    with pytest.raises(LabelledSetNotShipped):
        training_manifest(of_split(images, "train"), terms=SETS[name])


def test_the_manifest_of_a_set_for_this_machine_says_that_it_does_not_ship(images: list[LabelledImage]) -> None:
    assert SETS["dental_research"].trains and not SETS["dental_research"].ships
    assert not training_manifest(of_split(images, "train"), terms=SETS["dental_research"]).ships
    assert training_manifest(of_split(images, "train"), terms=PHANTOMS).ships


def test_a_patient_in_both_splits_is_refused(folder: Path, images: list[LabelledImage]) -> None:
    moved = [dataclasses.replace(images[0], split="val"), *images[1:]]
    with pytest.raises(HoldOutLeak):
        read_set(folder, terms=dataclasses.replace(PHANTOMS, reader=lambda _: moved))


def test_the_digest_depends_on_the_files_and_not_on_their_order(images: list[LabelledImage]) -> None:
    train = of_split(images, "train")
    digest = training_manifest(train, terms=PHANTOMS).digest
    assert training_manifest(train[::-1], terms=PHANTOMS).digest == digest
    assert training_manifest(train[1:], terms=PHANTOMS).digest != digest


def test_a_folder_without_a_set_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LabelledSetUnusable):
        read_set(tmp_path / "nothing", terms=PHANTOMS)


def test_boxes_and_findings_of_an_image_belong_together(images: list[LabelledImage]) -> None:
    assert all({entry.label for entry in image.boxes} == image.findings for image in images)
    assert {image.triage for image in images} == {"normal", "flagged", "urgent"}


class TestSharedData:
    pytestmark = requires_shared_data

    @pytest.mark.parametrize(
        ("terms", "train", "val"), [(CHEST_NIH, 1204, 302), (FRACATLAS, 1040, 188), (DENTAL_OPG, 469, 105)]
    )
    def test_the_real_sets_are_read_whole_and_their_splits_share_no_file(self, terms, train: int, val: int) -> None:
        images = read_set(shared_data() / terms.name, terms=terms)
        parts = of_split(images, "train"), of_split(images, "val")
        assert tuple(map(len, parts)) == (train, val)
        digests = [manifest_of(part[:20], terms=terms).digest for part in parts]
        assert digests[0] != digests[1]
        assert not {image.group for image in parts[0]} & {image.group for image in parts[1]}

    def test_every_fracture_has_a_box_and_no_other_film_has_one(self) -> None:
        images = read_set(shared_data() / FRACATLAS.name, terms=FRACATLAS)
        assert all(bool(image.boxes) == ("fracture" in image.findings) for image in images)
