"""Folders of labelled films, whole and broken."""

from pathlib import Path

import pytest

from feedback.evaluation.errors import (
    DatasetEmpty,
    DatasetFileOutside,
    DatasetFilesMissing,
    DatasetIndexMissing,
    DatasetMissing,
    DatasetSplitUnknown,
    DatasetUnreadable,
)
from feedback.evaluation.labelled_folder import films_digest, labelled_folder_read
from tests.feedback.evaluation.making import DISC_BOX, write_boxes, write_images, write_known_set, write_table
from tests.paths import requires_shared_data, shared_data

FILES = ("a.png", "b.png", "c.png")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    write_images(tmp_path, dict.fromkeys(FILES, 0.8))
    return tmp_path


def test_a_box_says_present_even_where_the_table_does_not(images: Path) -> None:
    write_table(images / "labels.csv", [{"file": name, "findings": ""} for name in FILES])
    write_boxes(images, {"a.png": [("mass", DISC_BOX)]}, files=FILES)
    assert [film.present for film in labelled_folder_read(images).films] == [{"mass"}, frozenset(), frozenset()]


def test_where_no_box_says_nothing_only_boxed_films_are_labelled(images: Path) -> None:
    info = {"description": "hand-drawn boxes; not exhaustive: a box says present, no box says nothing"}
    write_boxes(images, {"a.png": [("mass", DISC_BOX)]}, files=FILES, info=info)
    folder = labelled_folder_read(images)
    assert [film.is_known("mass") for film in folder.films] == [True, False, False]
    assert not folder.boxes_exhaustive and folder.notices


def test_exhaustive_boxes_alone_are_labels(images: Path) -> None:
    write_boxes(images, {"a.png": [("mass", DISC_BOX)]}, files=FILES)
    films = labelled_folder_read(images).films
    assert all(film.is_known("mass") for film in films) and [bool(film.present) for film in films] == [
        True,
        False,
        False,
    ]


def test_labels_for_names_the_only_labels_of_an_image(images: Path) -> None:
    boxes = {"a.png": [("mass", DISC_BOX)], "b.png": [("nodule", DISC_BOX)]}
    write_boxes(images, boxes, files=FILES, labels_for={"a.png": ["mass"], "b.png": ["mass", "nodule"]})
    first, second, _ = labelled_folder_read(images).films
    assert (first.is_known("mass"), first.is_known("nodule")) == (True, False)
    assert second.is_known("nodule") and "mass" not in second.present


@pytest.mark.parametrize("in_table", [True, False])
def test_a_stray_box_does_not_make_a_film_annotated_for_its_label(images: Path, in_table: bool) -> None:
    boxes = {"a.png": [("mass", DISC_BOX), ("nodule", DISC_BOX)]}
    write_boxes(images, boxes, files=FILES, labels_for=None if in_table else {"a.png": ["mass"]})
    if in_table:
        write_table(images / "labels.csv", [{"file": name, "labels_for": "mass", "mass": "1"} for name in FILES])
    film = labelled_folder_read(images).films[0]
    assert film.is_known("mass") and not film.is_known("nodule")
    assert (film.boxes_of("nodule"), film.present) == ([], {"mass"})


def test_an_ignored_region_without_a_box_leaves_the_label_uncertain(images: Path) -> None:
    boxes = {"a.png": [("mass", DISC_BOX)]}
    ignored = {name: [("mass", DISC_BOX)] for name in ("a.png", "b.png")} | {"c.png": [("", DISC_BOX)]}
    write_boxes(images, boxes, files=FILES, ignored=ignored)
    assert [film.is_known("mass") for film in labelled_folder_read(images).films] == [True, False, True]


def test_the_split_is_val_where_there_is_one_else_everything(images: Path) -> None:
    rows = [{"file": name, "findings": "", "split": split} for name, split in zip(FILES, "tvt", strict=True)]
    write_table(images / "labels.csv", [{**row, "split": {"t": "train", "v": "val"}[row["split"]]} for row in rows])
    folder = labelled_folder_read(images)
    assert [(name, len(films)) for name, films in map(folder.of_split, (None, "train", "all"))] == [
        ("val", 1),
        ("train", 2),
        ("all", 3),
    ]
    with pytest.raises(DatasetSplitUnknown):
        folder.of_split("test")


def test_a_patient_of_two_splits_is_said(images: Path) -> None:
    splits = ("train", "val", "val")
    rows = [{"file": f, "patient_id": "p", "findings": "", "split": s} for f, s in zip(FILES, splits, strict=True)]
    write_table(images / "labels.csv", rows)
    assert any("more than one split" in notice for notice in labelled_folder_read(images).notices)


def test_the_digest_depends_on_the_files_and_not_on_their_order(tmp_path: Path) -> None:
    write_known_set(tmp_path, copies=1)
    films = labelled_folder_read(tmp_path).films
    assert films_digest(films)[0] == films_digest(films[::-1])[0] != films_digest(films[1:])[0]


def test_broken_folders_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(DatasetMissing):
        labelled_folder_read(tmp_path / "nothing")
    with pytest.raises(DatasetIndexMissing):
        labelled_folder_read(tmp_path)
    write_table(tmp_path / "labels.csv", [{"file": "secret_name.png", "findings": ""}])
    with pytest.raises(DatasetFilesMissing) as missing:
        labelled_folder_read(tmp_path)
    assert "secret_name" not in missing.value.message
    write_table(tmp_path / "labels.csv", [{"file": "../../etc/passwd", "findings": ""}])
    with pytest.raises(DatasetFileOutside):
        labelled_folder_read(tmp_path)
    (tmp_path / "annotations.json").write_text('{"images": []}')
    with pytest.raises(DatasetUnreadable):
        labelled_folder_read(tmp_path)


def test_annotations_of_no_image_are_an_empty_set(tmp_path: Path) -> None:
    write_boxes(tmp_path, {}, files=())
    with pytest.raises(DatasetEmpty):
        labelled_folder_read(tmp_path)


class TestSharedData:
    pytestmark = requires_shared_data

    @pytest.mark.parametrize(
        ("name", "n", "digest"),
        [
            ("chest_nih", 302, "0dbab509ace4eef852df2d96501dd18f269548743128c31549bf0b7a4ff138b9"),
            ("fracture_fracatlas", 188, "63cb175cfd27716dca1aeed08599d0e448bb536d0bd5e0a596234a03b77ad41b"),
        ],
    )
    def test_the_hold_outs_are_those_of_the_first_cards(self, name: str, n: int, digest: str) -> None:
        _, films = labelled_folder_read(shared_data() / name).of_split("val")
        assert (len(films), films_digest(films)[0]) == (n, digest)

    def test_dental_films_are_labelled_for_what_the_set_says(self) -> None:
        films = labelled_folder_read(shared_data() / "dental_research").films
        crops = [film for film in films if film.strata["view"] == "panoramic_crop"]
        assert crops and all(film.is_known("caries") and not film.is_known("root_canal_treated") for film in crops)
