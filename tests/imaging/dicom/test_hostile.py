"""Damaged files: whatever is flipped, cut or inserted, the answer is an image or a refusal, never another exception."""

import warnings

import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from imaging.dicom.errors import RefusedFile
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.read import read_part10
from imaging.raster import read_raster
from tests.samples import (
    DEFLATED,
    EXPLICIT_BIG,
    IMPLICIT_LITTLE,
    JPEG_2000,
    JPEG_BASELINE,
    JPEG_LS,
    chest_phantom,
    make_dicom,
    make_encapsulated,
    make_jpeg,
    make_png,
    stored_values,
)

GREY = stored_values(chest_phantom(0, rows=32, columns=24), bits=8)
DEEP = stored_values(chest_phantom(0, rows=32, columns=24), bits=12)
LIMITS = DecodeLimits(pixels_per_frame=4_000_000, decoded_bytes=16_000_000, frames=20)
WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096, "RescaleSlope": 1, "RescaleIntercept": -1024}

FILES = {
    "explicit": make_dicom(DEEP, bits_stored=12, **WINDOW),
    "implicit": make_dicom(DEEP, syntax=IMPLICIT_LITTLE, bits_stored=12, **WINDOW),
    "big": make_dicom(DEEP, syntax=EXPLICIT_BIG, bits_stored=12, **WINDOW),
    "deflated": make_dicom(GREY, syntax=DEFLATED),
    "jpeg": make_encapsulated(GREY, [make_jpeg(GREY)], syntax=JPEG_BASELINE),
    "jpeg-ls": make_encapsulated(GREY, [imagecodecs.jpegls_encode(GREY)], syntax=JPEG_LS),
    "jpeg-2000": make_encapsulated(GREY, [imagecodecs.jpeg2k_encode(GREY, codecformat="j2k")], syntax=JPEG_2000),
}
RASTERS = {"png": make_png(GREY), "png 16": make_png(DEEP), "jpg": make_jpeg(np.stack([GREY] * 3, axis=2))}

examples = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def image_or_refusal(reader, data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            received = reader(data, limits=LIMITS)
        except RefusedFile:
            return
    assert received.rows * received.columns <= LIMITS.pixels_per_frame


def flipped(data: bytes, flips: list[tuple[float, int]]) -> bytes:
    damaged = bytearray(data)
    for place, bit in flips:
        damaged[int(place * (len(data) - 1))] ^= 1 << bit
    return bytes(damaged)


places = st.floats(0, 1, allow_nan=False)
flips = st.lists(st.tuples(places, st.integers(0, 7)), min_size=1, max_size=12)


@pytest.mark.parametrize("name", FILES)
@examples
@given(damage=flips)
@example(damage=[(0.19709605400127833, 2)])  # the value representation of a text becomes a number of another length
def test_flipped_bits_of_a_dicom_file(name, damage) -> None:
    image_or_refusal(read_part10, flipped(FILES[name], damage))


@pytest.mark.parametrize("name", FILES)
@examples
@given(damage=flips)
def test_flipped_bits_of_a_dicom_header(name, damage) -> None:
    """The first tenth of each file, where meta group and identity are."""
    image_or_refusal(read_part10, flipped(FILES[name], [(place * 0.1 + 0.02, bit) for place, bit in damage]))


@pytest.mark.parametrize("name", FILES)
@examples
@given(place=places)
def test_a_dicom_file_that_is_cut_anywhere_is_refused_unless_only_padding_is_lost(name, place) -> None:
    data = FILES[name]
    cut = data[: int(place * (len(data) - 2))]
    with pytest.raises(RefusedFile):
        read_part10(cut, limits=LIMITS)


@examples
@given(place=places, stuffing=st.binary(min_size=1, max_size=40))
def test_bytes_put_into_a_header(place, stuffing) -> None:
    data = FILES["explicit"]
    position = 132 + int(place * 700)
    image_or_refusal(read_part10, data[:position] + stuffing + data[position:])


@pytest.mark.parametrize("name", RASTERS)
@examples
@given(damage=flips)
def test_flipped_bits_of_a_png_or_jpeg_file(name, damage) -> None:
    image_or_refusal(read_raster, flipped(RASTERS[name], damage))


@pytest.mark.parametrize("name", RASTERS)
@examples
@given(place=places)
def test_a_png_or_jpeg_file_that_is_cut_anywhere_is_refused(name, place) -> None:
    with pytest.raises(RefusedFile):
        read_raster(RASTERS[name][: int(place * (len(RASTERS[name]) - 2))], limits=LIMITS)
