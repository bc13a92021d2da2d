"""The drawn chest: another one for every seed, and files that our own readers take."""

import numpy as np
import pytest

from imaging.dicom.read import read_frame, read_part10
from imaging.phantom import PhantomHeader, chest_phantom, phantom_dicom, phantom_png
from imaging.raster import read_raster_frame
from imaging.sandbox import inspect_file


def test_a_phantom_is_repeatable_and_every_seed_is_another():
    assert np.array_equal(chest_phantom(4), chest_phantom(4))
    assert not np.array_equal(chest_phantom(4), chest_phantom(5))


def test_lungs_are_dark_and_the_spine_is_bright():
    grey = chest_phantom(1)
    rows, columns = grey.shape
    lung, spine = grey[rows * 2 // 5, columns * 3 // 10], grey[rows * 2 // 5, columns // 2]
    assert lung < 0.3 < 0.6 < spine


@pytest.mark.parametrize("frames", [1, 3])
def test_the_dicom_file_reads_back_as_it_was_drawn(frames):
    grey = chest_phantom(2, rows=40, columns=36)
    data = phantom_dicom(grey, PhantomHeader(patient_id="7", sop_instance_uid="2.25.9", number_of_frames=frames))
    received = read_part10(data)
    assert (received.rows, received.columns, received.number_of_frames) == (40, 36, frames)
    assert (received.case_type, received.patient.patient_id, received.study.sop_instance_uid) == (
        "chest",
        "7",
        "2.25.9",
    )
    shown = read_frame(data, frames - 1).grey
    assert np.corrcoef(shown.ravel(), grey.ravel())[0, 1] > 0.999


def test_the_png_file_reads_back_as_it_was_drawn():
    grey = chest_phantom(3, rows=40, columns=36)
    data = phantom_png(grey)
    assert inspect_file(data).container == "png"
    np.testing.assert_allclose(read_raster_frame(data, 0).grey, grey, atol=1 / 255)
