"""The shape of a pixel, from whichever attribute the standard lets a file say it with."""

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from imaging.dicom.aspect import pixel_aspect
from imaging.dicom.read import read_samples
from imaging.dicom.values import SQUARE
from imaging.raster import read_raster_samples
from tests.samples import make_dicom, make_png


def header(**elements: Any) -> Dataset:
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, SQUARE),
        ({"PixelSpacing": [0.4, 0.2]}, 2.0),
        ({"ImagerPixelSpacing": [0.1, 0.2]}, 0.5),
        ({"NominalScannedPixelSpacing": [0.3, 0.2]}, 1.5),
        ({"PixelAspectRatio": [5, 4]}, 1.25),
        ({"PixelSpacing": [0.2, 0.2], "PixelAspectRatio": [5, 4]}, SQUARE),
        ({"PixelSpacing": [0.4, 0.2], "ImagerPixelSpacing": [0.3, 0.3]}, 2.0),
        ({"ImagerPixelSpacing": [0.4, 0.2], "PixelAspectRatio": [1, 1]}, 2.0),
    ],
)
def test_a_spacing_goes_before_the_ratio_and_that_of_the_body_before_the_others(
    elements: dict[str, Any], expected: float
) -> None:
    assert pixel_aspect(header(**elements), 0) == pytest.approx(expected)


@pytest.mark.parametrize("value", [[0, 0.2], [-1, 1], [1e9, 1], [0.2], "", ["1e400", "1"]])
def test_a_value_that_is_unusable_leaves_the_word_to_the_next_attribute(value: Any) -> None:
    assert pixel_aspect(header(PixelSpacing=value, PixelAspectRatio=[5, 4]), 0) == 1.25
    assert pixel_aspect(header(PixelSpacing=value), 0) == SQUARE


def test_rounded_decimals_are_square() -> None:
    assert pixel_aspect(header(PixelSpacing=["0.1388", "0.13881"]), 0) == SQUARE


def test_a_frame_of_its_own_group_goes_before_the_shared_one_and_that_before_the_file() -> None:
    shared = header(PixelMeasuresSequence=[header(PixelSpacing=[0.6, 0.2])])
    own = header(FramePixelDataPropertiesSequence=[header(ImagerPixelSpacing=[0.8, 0.2])])
    file = header(PixelSpacing=[0.4, 0.2], SharedFunctionalGroupsSequence=[shared])
    assert pixel_aspect(file, 1) == pytest.approx(3.0)
    del file.PixelSpacing, shared.PixelMeasuresSequence
    file.PerFrameFunctionalGroupsSequence = [Dataset(), own]
    assert [pixel_aspect(file, index) for index in range(3)] == pytest.approx([SQUARE, 4.0, SQUARE])


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"])
def test_the_samples_of_a_file_say_it(keyword: str) -> None:
    film = np.arange(64, dtype=np.uint16).reshape(8, 8)
    assert read_samples(make_dicom(film, **{keyword: [0.3, 0.2]}), 0).pixel_aspect == pytest.approx(1.5)
    assert read_samples(make_dicom(film, PixelAspectRatio=[2, 1]), 0).pixel_aspect == 2.0


def test_a_picture_without_a_header_has_square_pixels() -> None:
    assert read_raster_samples(make_png(np.zeros((8, 8), np.uint8))).pixel_aspect == SQUARE
