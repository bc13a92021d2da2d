"""Samples for a viewer that windows by itself: with the window that comes with them they are the golden greys."""

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.dicom.read import read_frame, read_samples
from imaging.dicom.samples import FrameSamples
from imaging.raster import read_raster_frame, read_raster_samples
from tests.diagnostics.viewer.golden import golden_files, golden_greys
from tests.samples import bone_phantom, file_bytes, make_dataset, make_dicom, make_jpeg, make_png, stored_values

GOLDEN = golden_files()


def shown(samples: FrameSamples) -> NDArray[np.float64]:
    """0 to 255."""
    grey = samples.voi.apply(samples.data.astype(np.float64) * samples.slope + samples.intercept)
    return 255 * (1 - grey if samples.inverted else grey)


@pytest.mark.parametrize("name", GOLDEN)
def test_samples_in_their_own_window_are_the_golden_greys(name) -> None:
    data, frame = GOLDEN[name]
    samples = read_samples(data, frame)
    np.testing.assert_allclose(shown(samples), golden_greys(data, frame), atol=0.51 if name == "palette" else 1e-6)


@pytest.mark.parametrize("name", [name for name in GOLDEN if name not in ("rgb", "palette")])
def test_the_viewer_and_the_models_see_the_same_grey(name) -> None:
    data, frame = GOLDEN[name]
    np.testing.assert_allclose(shown(read_samples(data, frame)) / 255, read_frame(data, frame).grey, atol=1e-6)


def test_stored_values_keep_their_modality_values() -> None:
    signed = np.arange(-2000, 48, dtype=np.int16).reshape(32, 64)
    samples = read_samples(make_dicom(signed, RescaleSlope=2, RescaleIntercept=-24), 0)
    modality = samples.data * samples.slope + samples.intercept
    np.testing.assert_array_equal(modality, signed.astype(np.float64) * 2 - 24)
    assert samples.exact
    assert (samples.low, samples.high) == (-4024.0, 70.0)


def test_padding_is_black_in_windows_that_the_header_did_not_ask_for() -> None:
    stored = np.full((8, 8), 3000, np.uint16)
    stored[0] = 500
    samples = read_samples(make_dicom(stored, bits_stored=12, PixelPaddingValue=500), 0)
    assert samples.data[0, 0] * samples.slope + samples.intercept < -60000
    assert samples.data[1, 0] * samples.slope + samples.intercept == 3000


def test_floats_are_rounded_around_the_window_and_say_so() -> None:
    values = np.linspace(0, 1e6, 4096, dtype=np.float32).reshape(64, 64)
    dataset = make_dataset(
        values, PixelRepresentation=None, BitsStored=None, HighBit=None, WindowCenter=500, WindowWidth=1000
    )
    dataset.FloatPixelData = values.tobytes()
    data = file_bytes(dataset)
    samples = read_samples(data, 0)
    assert not samples.exact
    np.testing.assert_allclose(shown(samples) / 255, read_frame(data, 0).grey, atol=0.002)


def test_what_is_not_a_number_is_black() -> None:
    values = np.linspace(-5, 5, 64, dtype=np.float32).reshape(8, 8)
    values[0, 3] = np.nan
    dataset = make_dataset(values, PixelRepresentation=None, BitsStored=None, HighBit=None)
    dataset.FloatPixelData = values.tobytes()
    samples = read_samples(file_bytes(dataset), 0)
    assert (samples.data[0, 3], shown(samples)[7, 7]) == (0, 255)


@pytest.mark.parametrize("make", [make_png, make_jpeg])
def test_a_raster_file_shows_what_its_frame_shows(make) -> None:
    data = make(stored_values(bone_phantom(2), bits=8))
    np.testing.assert_allclose(shown(read_raster_samples(data)) / 255, read_raster_frame(data).grey, atol=1e-6)


def test_colour_whose_channels_are_equal_travels_as_grey() -> None:
    grey = stored_values(bone_phantom(2), bits=8)
    samples = read_samples(make_dicom(np.repeat(grey[..., None], 3, axis=2), modality="OT"), 0)
    assert samples.data.ndim == 2
    np.testing.assert_array_equal(samples.data, grey)
