"""Grey values against slow references written out from PS3.3 C.11, and against pydicom."""

from math import exp

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from imaging.dicom.errors import RefusedFile
from imaging.dicom.read import read_frame, read_part10
from tests.samples import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    file_bytes,
    make_dataset,
    make_dicom,
    stored_values,
)
from tests.samples import chest_phantom as chest

SIGNED = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)
UNSIGNED = np.arange(0, 4096, dtype=np.uint16).reshape(64, 64)


def grey_of(pixels: NDArray, **elements: object) -> NDArray[np.float32]:
    return read_frame(make_dicom(pixels, **elements), 0).grey


def linear(value: float, centre: float, width: float) -> float:
    """PS3.3 C.11.2.1.2.1, with y from 0 to 1."""
    if value <= centre - 0.5 - (width - 1) / 2:
        return 0.0
    if value > centre - 0.5 + (width - 1) / 2:
        return 1.0
    return (value - (centre - 0.5)) / (width - 1) + 0.5


def linear_exact(value: float, centre: float, width: float) -> float:
    """PS3.3 C.11.2.1.3.2."""
    if value <= centre - width / 2:
        return 0.0
    if value > centre + width / 2:
        return 1.0
    return (value - centre) / width + 0.5


def sigmoid(value: float, centre: float, width: float) -> float:
    """PS3.3 C.11.2.1.3.1."""
    return 1 / (1 + exp(min(700.0, -4 * (value - centre) / width)))


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(("function", "reference"), [
    (None, linear), ("LINEAR", linear), ("LINEAR_EXACT", linear_exact), ("SIGMOID", sigmoid),
])  # fmt: skip
@pytest.mark.parametrize(("centre", "width"), [(40, 400), (-600, 1500), (0, 1), (10.5, 33.3)])
def test_a_window_follows_the_formula_of_the_standard(function, reference, centre, width, inverted) -> None:
    photometric = "MONOCHROME1" if inverted else "MONOCHROME2"
    window = {"WindowCenter": centre, "WindowWidth": width, "VOILUTFunction": function, "RescaleIntercept": -10}
    found = grey_of(SIGNED, **window, RescaleSlope=0.5, photometric=photometric)
    expected = [[reference(value * 0.5 - 10, centre, width) for value in row] for row in SIGNED.tolist()]
    np.testing.assert_allclose(found, 1 - np.array(expected) if inverted else expected, atol=1e-6)


def lut_item(first: int, entries: list[int], bits: int, *, vr: str = "US") -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [len(entries) % 65536, first, bits])
    if vr == "US":
        item.add_new(0x00283006, "US", entries)
    else:
        item.add_new(0x00283006, "OW", np.array(entries, "<u2").tobytes())
    return item


@pytest.mark.parametrize("vr", ["US", "OW"])
@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_a_modality_lut_clamps_at_both_ends_and_comes_before_the_window(vr, syntax) -> None:
    entries = [(value * 7) % 1000 for value in range(1024)]
    item = lut_item(-512, entries, 12, vr=vr)
    elements = {"ModalityLUTSequence": [item], "WindowCenter": 500, "WindowWidth": 900}
    found = grey_of(SIGNED, syntax=syntax, **elements)
    looked_up = [[entries[min(max(value + 512, 0), 1023)] for value in row] for row in SIGNED.tolist()]
    expected = [[linear(value, 500, 900) for value in row] for row in looked_up]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("vr", ["US", "OW"])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_voi_lut_goes_before_a_window_and_inversion_comes_last(vr, inverted) -> None:
    entries = [min(4095, value * value // 500) for value in range(1500)]
    elements = {"VOILUTSequence": [lut_item(100, entries, 12, vr=vr)], "WindowCenter": 1, "WindowWidth": 2}
    found = grey_of(UNSIGNED, bits_stored=12, photometric="MONOCHROME1" if inverted else "MONOCHROME2", **elements)
    expected = np.array([[entries[min(max(v - 100, 0), 1499)] / 4095 for v in row] for row in UNSIGNED.tolist()])
    np.testing.assert_allclose(found, 1 - expected if inverted else expected, atol=1e-6)


def test_a_voi_lut_after_a_negative_rescale_reads_its_first_value_as_signed() -> None:
    entries = list(range(0, 4096, 2))
    elements = {"RescaleSlope": 1, "RescaleIntercept": -1024, "VOILUTSequence": [lut_item(-1024, entries, 12)]}
    found = grey_of(UNSIGNED, bits_stored=12, **elements)
    expected = [[entries[min(value, 2047)] / 4095 for value in row] for row in UNSIGNED.tolist()]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_eight_bit_table_packed_in_bytes_is_read() -> None:
    item = Dataset()
    item.add_new(0x00283002, "US", [256, 0, 8])
    item.add_new(0x00283006, "OW", bytes(255 - value for value in range(256)))
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_allclose(grey_of(pixels, VOILUTSequence=[item]), (255 - pixels) / 255, atol=1e-6)


@pytest.mark.parametrize("elements", [
    {"WindowCenter": 40, "WindowWidth": 400, "RescaleSlope": 1, "RescaleIntercept": -1024},
    {"WindowCenter": [40, 0], "WindowWidth": [400, 10], "RescaleSlope": 2, "RescaleIntercept": 3},
    {"WindowCenter": 40, "WindowWidth": 400, "VOILUTFunction": "LINEAR_EXACT"},
    {"WindowCenter": 40, "WindowWidth": 400, "VOILUTFunction": "SIGMOID", "RescaleSlope": 1, "RescaleIntercept": 5},
    {"VOILUTSequence": [lut_item(0, list(range(0, 4096, 4)), 12)]},
])  # fmt: skip
def test_pydicom_gives_the_same_grey(elements) -> None:
    data = make_dicom(SIGNED, bits_stored=12, **elements)
    dataset = dcmread(DicomBytesIO(data))
    shown = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset).astype(np.float64)
    low, high = _output_range(dataset)
    np.testing.assert_allclose(read_frame(data, 0).grey, (shown - low) / (high - low), atol=1e-6)


def _output_range(dataset: Dataset) -> tuple[float, float]:
    """pydicom scales to the modality range of the stored bits; a VOI LUT to the bits of its entries."""
    if "VOILUTSequence" in dataset:
        return 0.0, 4095.0
    slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
    return -2048 * slope + intercept, 2047 * slope + intercept


def test_without_a_voi_the_grey_spans_the_image_and_padding_is_left_out_and_black() -> None:
    pixels = np.full((32, 32), 60000, np.uint16)
    pixels[4:20, 4:20] = np.arange(1000, 1256, dtype=np.uint16).reshape(16, 16)
    grey = grey_of(pixels, PixelPaddingValue=60000)
    np.testing.assert_allclose(grey[4:20, 4:20].ravel(), np.arange(256) / 255, atol=1e-6)
    assert not grey[:4].any()


def test_padding_given_as_a_range_stays_black_under_monochrome1() -> None:
    pixels = np.array([[0, 5, 10, 100], [200, 300, 400, 500]], np.uint16)
    grey = grey_of(pixels, photometric="MONOCHROME1", PixelPaddingValue=0, PixelPaddingRangeLimit=10)
    np.testing.assert_allclose(grey, [[0, 0, 0, 1], [0.75, 0.5, 0.25, 0]], atol=1e-6)


@pytest.mark.parametrize("width", [0, -400, float("nan")])
def test_an_unusable_window_is_noted_and_the_full_range_is_shown(width) -> None:
    data = make_dicom(UNSIGNED, WindowCenter=100, WindowWidth=str(width))
    assert "window_unusable" in [notice.code for notice in read_part10(data).notices]
    np.testing.assert_allclose(read_frame(data, 0).grey, UNSIGNED / 4095, atol=1e-6)


def test_a_frame_of_one_value_is_black_and_never_nan() -> None:
    assert not grey_of(np.full((8, 8), 7, np.uint16)).any()


def test_monochrome1_is_monochrome2_turned_round() -> None:
    phantom = chest(3, rows=64, columns=48)
    plain = grey_of(stored_values(phantom, bits=12), bits_stored=12)
    turned = grey_of(stored_values(phantom, bits=12, inverted=True), bits_stored=12, photometric="MONOCHROME1")
    np.testing.assert_allclose(turned, plain, atol=1e-6)


def test_each_frame_uses_its_own_functional_group() -> None:
    groups = [_functional_group(slope) for slope in (1.0, 2.0)]
    frames = np.stack([UNSIGNED, UNSIGNED])
    data = make_dicom(frames, NumberOfFrames=2, PerFrameFunctionalGroupsSequence=groups)
    expected = [[[linear(value * slope, 2048, 4096) for value in row] for row in UNSIGNED.tolist()] for slope in (1, 2)]
    for index in (0, 1):
        np.testing.assert_allclose(read_frame(data, index).grey, expected[index], atol=1e-6)


def _functional_group(slope: float) -> Dataset:
    transform, voi, group = Dataset(), Dataset(), Dataset()
    transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = slope, 0, "US"
    voi.WindowCenter, voi.WindowWidth = 2048, 4096
    group.PixelValueTransformationSequence, group.FrameVOILUTSequence = [transform], [voi]
    return group


def test_a_damaged_modality_lut_is_refused_and_a_damaged_voi_lut_only_noted() -> None:
    broken = lut_item(0, [1, 2, 3], 12)
    broken[0x00283002].value = [4000, 0, 12]
    with pytest.raises(RefusedFile) as caught:
        read_part10(make_dicom(UNSIGNED, ModalityLUTSequence=[broken]))
    assert (caught.value.code, caught.value.tag) == ("lut_invalid", "(0028,3000)")
    noted = read_part10(make_dicom(UNSIGNED, VOILUTSequence=[broken])).notices
    assert "voi_lut_unusable" in [notice.code for notice in noted]


def test_a_window_asked_for_replaces_the_window_of_the_header() -> None:
    data = make_dicom(UNSIGNED, WindowCenter=1, WindowWidth=2, RescaleSlope=2, RescaleIntercept=1)
    found = read_frame(data, 0, window=(3000.0, 1000.0)).grey
    expected = [[linear(value * 2 + 1, 3000, 1000) for value in row] for row in UNSIGNED.tolist()]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_float_pixels_keep_their_range_and_what_is_not_a_number_is_black() -> None:
    values = np.linspace(-5, 5, 64, dtype=np.float32).reshape(8, 8)
    values[0, 3] = np.nan
    dataset = make_dataset(values, PixelRepresentation=None, BitsStored=None, HighBit=None)
    dataset.FloatPixelData = values.tobytes()
    frame = read_frame(file_bytes(dataset), 0)
    assert (frame.stored_min, frame.stored_max, frame.grey[0, 3]) == (-5.0, 5.0, 0.0)
    np.testing.assert_allclose(frame.grey[7], (values[7] + 5) / 10, atol=1e-6)


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, EXPLICIT_BIG])
def test_colour_becomes_luminance_and_a_grey_picture_in_rgb_is_not_called_colour(syntax) -> None:
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (16, 20, 3), dtype=np.uint8)
    frame = read_frame(make_dicom(rgb, syntax=syntax, modality="OT"), 0)
    expected = [[(0.299 * r + 0.587 * g + 0.114 * b) / 255 for r, g, b in row] for row in rgb.tolist()]
    np.testing.assert_allclose(frame.grey, expected, atol=1e-6)
    grey = np.repeat(rgb[:, :, :1], 3, axis=2)
    assert (frame.is_colour, read_frame(make_dicom(grey, modality="OT"), 0).is_colour) == (True, False)


def test_a_palette_is_looked_up_before_luminance_is_taken() -> None:
    palette = np.random.default_rng(2).integers(0, 256, (3, 256)).astype(np.uint16) * 257
    elements = {"photometric": "PALETTE COLOR", "modality": "OT"}
    for name, table in zip(("Red", "Green", "Blue"), palette, strict=True):
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        elements[f"{name}PaletteColorLookupTableData"] = table.astype("<u2").tobytes()
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    frame = read_frame(make_dicom(pixels, **elements), 0)
    expected = (palette.T @ np.array([0.299, 0.587, 0.114]) / 65535).reshape(16, 16)
    np.testing.assert_allclose(frame.grey, expected, atol=1e-6)
    assert frame.is_colour
