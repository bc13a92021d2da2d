"""PNG and JPEG: what is refused, then what the stored pixels and the grey values are."""

import hashlib
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imaging.dicom.errors import RefusedFile
from imaging.dicom.limits import DecodeLimits
from imaging.raster import grey_png, read_raster, read_raster_frame
from tests.samples import bone_phantom, make_jpeg, make_png, stored_values

GREY = stored_values(bone_phantom(1, rows=48, columns=64), bits=8)
DEEP = stored_values(bone_phantom(1, rows=48, columns=64), bits=12)
RGB = np.stack([GREY, GREY[::-1], 255 - GREY], axis=2)


def code_of(data: bytes, limits: DecodeLimits | None = None) -> str:
    with pytest.raises(RefusedFile) as caught:
        read_raster(data, limits=limits or DecodeLimits())
    return caught.value.code


def sha256(pixels: NDArray) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds one row of nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_001, 60_000, 2_000_000_000])
def test_a_picture_that_promises_too_many_pixels_is_refused_before_it_is_decoded(side) -> None:
    assert code_of(png_header(side, side)) in ("too_many_pixels", "image_undecodable")


def test_the_pixel_limit_is_exact() -> None:
    data = make_png(GREY)
    assert read_raster(data, limits=DecodeLimits(pixels_per_frame=48 * 64)).rows == 48
    assert code_of(data, DecodeLimits(pixels_per_frame=48 * 64 - 1)) == "too_many_pixels"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "EPS"])
def test_no_other_format_is_opened_even_under_a_wrong_first_byte(kind) -> None:
    buffer = BytesIO()
    Image.fromarray(GREY).save(buffer, format=kind)
    assert code_of(buffer.getvalue()) == "unsupported_container"
    assert code_of(b"\x89PNG\r\n\x1a\n" + buffer.getvalue()) in ("image_truncated", "image_undecodable")


@pytest.mark.parametrize("data", [make_png(GREY), make_jpeg(GREY)], ids=["png", "jpeg"])
def test_a_picture_that_ends_early_is_refused(data) -> None:
    assert {code_of(data[: len(data) * part // 10]) for part in (3, 6, 9)} <= {"image_truncated", "image_undecodable"}


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.99])
def test_a_jpeg_whose_rows_end_early_is_refused_even_with_an_end_marker(options, kept) -> None:
    data = make_jpeg(RGB, **options)
    assert read_raster(data).rows == 48
    assert code_of(data[: int((len(data) - 2) * kept)] + b"\xff\xd9") in ("image_truncated", "image_undecodable")


def test_bytes_behind_the_end_of_a_picture_do_not_matter() -> None:
    for data in (make_png(GREY), make_jpeg(GREY)):
        assert read_raster(data + bytes(5000)).frames == read_raster(data).frames


def test_cmyk_is_refused() -> None:
    buffer = BytesIO()
    Image.new("CMYK", (16, 16)).save(buffer, format="JPEG")
    assert code_of(buffer.getvalue()) == "unsupported_image_mode"


def test_empty_and_large_files_are_refused() -> None:
    assert code_of(b"") == "empty_file"
    assert code_of(make_png(GREY), DecodeLimits(file_bytes=100)) == "file_too_large"


def test_an_eight_bit_picture_keeps_its_values() -> None:
    received, frame = read_raster(make_png(GREY)), read_raster_frame(make_png(GREY))
    assert (received.container, received.rows, received.columns, received.case_type) == ("png", 48, 64, None)
    assert received.frames[0].pixel_sha256 == frame.pixel_sha256 == sha256(GREY)
    np.testing.assert_allclose(frame.grey, GREY / 255, atol=1e-6)
    assert (frame.stored_min, frame.stored_max, frame.is_colour) == (float(GREY.min()), float(GREY.max()), False)


def test_a_sixteen_bit_picture_spans_its_own_range() -> None:
    frame = read_raster_frame(make_png(DEEP))
    low, high = int(DEEP.min()), int(DEEP.max())
    np.testing.assert_allclose(frame.grey, (DEEP.astype(float) - low) / (high - low), atol=1e-6)
    assert frame.pixel_sha256 == sha256(DEEP)


def test_a_window_is_in_stored_values() -> None:
    frame = read_raster_frame(make_png(DEEP), window=(1000.0, 1000.0))
    np.testing.assert_allclose(frame.grey, np.clip((DEEP - 999.5) / 999 + 0.5, 0, 1), atol=1e-6)


def test_colour_becomes_luminance() -> None:
    frame = read_raster_frame(make_png(RGB))
    np.testing.assert_allclose(frame.grey, RGB @ [0.299, 0.587, 0.114] / 255, atol=1e-5)
    assert frame.is_colour
    assert not read_raster_frame(make_jpeg(np.stack([GREY] * 3, axis=2))).is_colour


def test_a_palette_is_looked_up() -> None:
    image = Image.fromarray(GREY).convert("P")
    buffer = BytesIO()
    image.save(buffer, format="PNG")
    assert np.abs(read_raster_frame(buffer.getvalue()).grey - GREY / 255).max() < 0.02


def test_transparent_parts_are_black_and_noted() -> None:
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 32:] = 255
    data = make_png(np.dstack([RGB, alpha]))
    assert [notice.code for notice in read_raster(data).notices] == ["transparency_on_black"]
    grey = read_raster_frame(data).grey
    assert not grey[:, :32].any() and grey[:, 32:].any()


def test_an_exif_orientation_is_noted_and_not_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = make_jpeg(GREY, exif=exif)
    received = read_raster(data)
    assert (received.rows, received.columns) == (48, 64)
    assert [notice.code for notice in received.notices] == ["orientation_not_applied"]


def test_a_bilevel_picture_is_black_and_white() -> None:
    buffer = BytesIO()
    Image.fromarray(GREY > 100).save(buffer, format="PNG")
    np.testing.assert_array_equal(read_raster_frame(buffer.getvalue()).grey, (GREY > 100).astype(np.float32))


def test_a_rendered_frame_is_an_eight_bit_grey_png_no_larger_than_asked() -> None:
    grey = (GREY / 255).astype(np.float32)
    for max_side, size in ((None, (64, 48)), (32, (32, 24)), (500, (64, 48)), (1, (1, 1))):
        with Image.open(BytesIO(grey_png(grey, max_side=max_side))) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "L", size)
    with Image.open(BytesIO(grey_png(grey))) as image:
        np.testing.assert_array_equal(np.asarray(image), GREY)
