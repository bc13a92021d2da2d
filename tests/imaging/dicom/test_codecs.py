"""Compressed frames against what was compressed, and against pydicom's own RLE."""

import hashlib

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO

from imaging.dicom.errors import RefusedFile
from imaging.dicom.read import read_frame, read_part10
from tests.samples import (
    JPEG_2000,
    JPEG_BASELINE,
    JPEG_LOSSLESS,
    JPEG_LS,
    RLE,
    file_bytes,
    make_dataset,
    make_dicom,
    make_encapsulated,
    make_jpeg,
    stored_values,
)
from tests.samples import chest_phantom as chest

GREY_8 = stored_values(chest(1, rows=64, columns=48), bits=8)
GREY_12 = stored_values(chest(1, rows=64, columns=48), bits=12)
RGB = np.random.default_rng(0).integers(0, 256, (32, 24, 3), dtype=np.uint8)

LOSSLESS = {
    JPEG_LOSSLESS: lambda pixels: imagecodecs.ljpeg_encode(pixels, bitspersample=8 * pixels.dtype.itemsize),
    JPEG_LS: imagecodecs.jpegls_encode,
    JPEG_2000: lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0),
    "1.2.840.10008.1.2.4.201": imagecodecs.htj2k_encode,
}


def digest_of(data: bytes) -> str:
    return read_part10(data).frames[0].pixel_sha256


def sha256(pixels: NDArray) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


@pytest.mark.parametrize("pixels", [GREY_8, GREY_12], ids=["8 bit", "12 bit"])
@pytest.mark.parametrize("syntax", LOSSLESS)
def test_a_lossless_codec_gives_back_what_was_stored(syntax, pixels) -> None:
    bits = 8 if pixels.dtype == np.uint8 else 12
    data = make_encapsulated(pixels, [LOSSLESS[syntax](pixels)], syntax=syntax, bits_stored=bits)
    assert digest_of(data) == sha256(pixels)


def test_signed_pixels_come_back_signed_from_jpeg_2000() -> None:
    signed = GREY_12.astype(np.int16) - 2048
    encoded = LOSSLESS[JPEG_2000](signed)
    assert digest_of(make_encapsulated(signed, [encoded], syntax=JPEG_2000)) == sha256(signed)


@pytest.mark.parametrize("pixels", [GREY_8, GREY_12, RGB], ids=["8 bit", "12 bit", "RGB"])
def test_rle_is_decoded_as_pydicom_encodes_it(pixels) -> None:
    dataset = dcmread(DicomBytesIO(make_dicom(pixels, modality="OT")))
    dataset.compress(RLE)
    assert digest_of(file_bytes(dataset, syntax=RLE)) == sha256(pixels)


def test_baseline_jpeg_is_within_what_its_quality_allows() -> None:
    data = make_encapsulated(GREY_8, [make_jpeg(GREY_8, quality=95)], syntax=JPEG_BASELINE)
    found = read_frame(data, 0, window=(128.0, 256.0)).grey * 255
    assert np.abs(found - GREY_8).mean() < 3


def test_a_colour_jpeg_is_turned_into_rgb_once() -> None:
    smooth = np.stack([GREY_8, 255 - GREY_8, GREY_8 // 2], axis=2)
    data = make_encapsulated(
        smooth,
        [make_jpeg(smooth, quality=95, subsampling=0)],
        syntax=JPEG_BASELINE,
        photometric="YBR_FULL",
        modality="OT",
    )
    expected = smooth.astype(float) @ [0.299, 0.587, 0.114] / 255
    assert np.abs(read_frame(data, 0).grey - expected).mean() < 0.02
    assert read_frame(data, 0).is_colour


def test_fragments_without_an_offset_table_are_put_together_by_their_end_markers() -> None:
    frames = np.stack([GREY_8, 255 - GREY_8])
    encoded = [imagecodecs.jpegls_encode(frame) for frame in frames]
    items = b"".join(_item(part) for one in encoded for part in (one[:500], one[500:]))
    value = _item(b"") + items + bytes.fromhex("fe ff dd e0 00 00 00 00")
    dataset = make_dataset(frames, NumberOfFrames=2)
    dataset.add_new(0x7FE00010, "OB", value)
    dataset["PixelData"].is_undefined_length = True
    received = read_part10(file_bytes(dataset, syntax=JPEG_LS))
    assert [frame.pixel_sha256 for frame in received.frames] == [sha256(frame) for frame in frames]


def _item(content: bytes) -> bytes:
    padded = content + bytes(len(content) % 2)
    return bytes.fromhex("fe ff 00 e0") + len(padded).to_bytes(4, "little") + padded


@pytest.mark.parametrize(("elements", "tag"), [
    ({"Rows": 32}, "(0028,0010)"), ({"Columns": 4096, "Rows": 64}, "(0028,0011)"),
])  # fmt: skip
@pytest.mark.parametrize("syntax", [JPEG_LS, JPEG_2000, JPEG_LOSSLESS])
def test_a_codestream_of_another_size_than_the_header_is_refused_before_decoding(syntax, elements, tag) -> None:
    data = make_encapsulated(GREY_8, [LOSSLESS[syntax](GREY_8)], syntax=syntax, **elements)
    with pytest.raises(RefusedFile) as caught:
        read_part10(data)
    assert (caught.value.code, caught.value.tag) == ("frame_mismatch", tag)


def test_a_codestream_of_another_kind_than_the_syntax_is_refused() -> None:
    for content in (make_jpeg(GREY_8), b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(2)):
        with pytest.raises(RefusedFile) as caught:
            read_part10(make_encapsulated(GREY_8, [content], syntax=JPEG_LS))
        assert caught.value.code == "frame_undecodable"


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("syntax", [JPEG_BASELINE, *LOSSLESS])
def test_a_frame_whose_rows_end_early_is_refused_even_with_an_end_marker(syntax, kept) -> None:
    encoded = make_jpeg(GREY_8) if syntax == JPEG_BASELINE else LOSSLESS[syntax](GREY_8)
    cut = encoded[: int((len(encoded) - 2) * kept)]
    for content in (cut, cut + encoded[-2:]):
        with pytest.raises(RefusedFile) as caught:
            read_part10(make_encapsulated(GREY_8, [content], syntax=syntax))
        assert caught.value.code in ("pixel_data_truncated", "frame_undecodable")


def test_fewer_frames_than_the_header_says_are_refused() -> None:
    frames = np.stack([GREY_8] * 3)
    data = make_encapsulated(frames, [imagecodecs.jpegls_encode(GREY_8)] * 2, syntax=JPEG_LS, NumberOfFrames=3)
    with pytest.raises(RefusedFile) as caught:
        read_part10(data)
    assert (caught.value.code, caught.value.details) == ("frame_count_mismatch", {"found": 2, "expected": 3})


def test_an_rle_segment_that_is_too_short_is_refused() -> None:
    header = (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56)
    broken: Dataset = make_dataset(GREY_8)
    broken.add_new(
        0x7FE00010, "OB", _item(b"") + _item(header + b"\x81\x00") + bytes.fromhex("fe ff dd e0 00 00 00 00")
    )
    broken["PixelData"].is_undefined_length = True
    with pytest.raises(RefusedFile) as caught:
        read_part10(file_bytes(broken, syntax=RLE))
    assert caught.value.code == "frame_undecodable"
