"""Inputs carry their boxes with them, and the inversion rule is learned from films shown both ways."""

from pathlib import Path

import numpy as np
import pytest

from feedback.learning.augment import Augmentation, draw_view
from feedback.learning.frames import frame_grey
from feedback.learning.inputs import InputMaker, fit_inversion_rule, input_box, inversion_rates
from feedback.learning.labelled_sets import FRACATLAS, PHANTOMS, LabelledImage, of_split, read_set
from feedback.learning.phantoms import write_phantoms
from imaging.pipeline.preprocess import CollimationRule, PreprocessSettings
from imaging.pipeline.values import BoundingBox
from tests.paths import requires_shared_data, shared_data


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledImage]:
    folder: Path = tmp_path_factory.mktemp("inputs") / "phantoms"
    write_phantoms(folder, seed=2)
    return of_split(read_set(folder, terms=PHANTOMS), "train")


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_a_disc_lies_in_its_box_in_the_network_s_input(images: list[LabelledImage], seed: int | None) -> None:
    image = next(image for image in images if image.findings == {"mass"})
    settings = PreprocessSettings(collimation_crop=CollimationRule(), normalise="none")
    augmentation = Augmentation(gamma=(1, 1), contrast=(1, 1), brightness=0.0)
    view = None if seed is None else draw_view(augmentation, seed=(seed,))
    made = InputMaker(192, settings).make(image, view)
    ((label, box),) = made.boxes
    inside = made.array[0, int(box.top) + 8 : int(box.bottom) - 8, int(box.left) + 8 : int(box.right) - 8]
    assert label == "mass" and inside.mean() > made.array[0].mean() + 0.5


def test_boxes_are_clipped_to_the_input_and_vanish_with_less_than_a_pixel(images: list[LabelledImage]) -> None:
    source = InputMaker(96, PreprocessSettings(normalise="none")).make(images[0]).source
    clipped = input_box(BoundingBox(-20, 10, 30, 40), source, size=96)
    assert clipped is not None and clipped.left == 0.0
    assert input_box(BoundingBox(200, 10, 210, 40), source, size=96) is None


def test_the_inversion_rule_turns_negatives_back_and_leaves_upright_phantoms_alone(images: list[LabelledImage]) -> None:
    rates = inversion_rates(images, fit_inversion_rule(images))
    assert rates == {"upright_wrongly_turned": 0.0, "negatives_turned_back": 1.0}


def test_frames_are_those_that_serving_decodes(images: list[LabelledImage]) -> None:
    from imaging.raster import read_raster_frame

    served = read_raster_frame(images[0].path.read_bytes(), 0).grey
    np.testing.assert_allclose(frame_grey(images[0].path), served, atol=1e-6)


class TestSharedData:
    pytestmark = requires_shared_data

    def test_the_inversion_rule_of_train_holds_on_val(self) -> None:
        films = read_set(shared_data() / FRACATLAS.name, terms=FRACATLAS)
        rule = fit_inversion_rule(of_split(films, "train")[:300])
        rates = inversion_rates(of_split(films, "val"), rule)
        assert rates["upright_wrongly_turned"] <= 0.02 and rates["negatives_turned_back"] >= 0.95
