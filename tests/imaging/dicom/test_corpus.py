"""Every file of the corpus of real and hostile DICOM files gets what its manifest says is right."""

import csv
from dataclasses import dataclass

import pytest

from imaging.dicom.errors import REFUSALS, RefusedFile
from imaging.sandbox import decode_frame, inspect_file
from tests.paths import SHARED_DATA, requires_shared_data, shared_data

pytestmark = requires_shared_data

# Bits flipped inside entropy-coded or run-length data that still is a well-formed codestream: no decoder can tell. The
# manifest pins what every decoder makes of them.
UNDETECTABLE = ("derived/d_j2k_flip_tail.dcm", "derived/d_rle_flip_tail.dcm")
# NEMA's 12-bit extended JPEG, on which the decoders of the manifest failed and imagecodecs does not.
DECODED_BY_IMAGECODECS_ONLY = ("files/pylibjpeg-data__RG2_JPLY.dcm",)
# Good PNG and JPEG files under a .dcm name: names decide nothing here, the first bytes do.
NAMED_WRONGLY = {"derived/d_png_named.dcm": "png", "derived/d_jpeg_named.dcm": "jpeg"}


@dataclass(frozen=True)
class Row:
    """What the manifest says of one file."""

    file: str
    expected_outcome: str
    truth: str
    frames: int
    digests: tuple[str, ...]

    @property
    def decodes(self) -> bool:
        if self.file in UNDETECTABLE + DECODED_BY_IMAGECODECS_ONLY + tuple(NAMED_WRONGLY):
            return True
        return self.expected_outcome == "decodes" and self.truth in ("", "readable but must be handled with care")


def _rows() -> list[Row]:
    if SHARED_DATA is None:
        return []
    with (SHARED_DATA / "dicom_corpus" / "manifest.csv").open(newline="") as manifest:
        return [_row(line) for line in csv.DictReader(manifest)]


def _row(line: dict[str, str]) -> Row:
    digests = tuple(digest for digest in (line["pixel_sha256"], line["pixel_raw_sha256"]) if digest)
    return Row(line["file"], line["expected_outcome"], line["truth"], int(line["frames"] or 1), digests)


ROWS = _rows()
SINGLE = [row for row in ROWS if row.decodes and row.frames == 1 and row.digests]


def _read(row: Row) -> bytes:
    return (shared_data() / "dicom_corpus" / row.file).read_bytes()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("row", [row for row in ROWS if row.decodes], ids=lambda row: row.file)
def test_a_readable_file_is_taken_in_to_its_last_frame(row: Row) -> None:
    received = inspect_file(_read(row))
    assert received.container == NAMED_WRONGLY.get(row.file, "dicom")
    assert len(received.frames) == received.number_of_frames == row.frames


@pytest.mark.timeout(20)
@pytest.mark.parametrize("row", [row for row in ROWS if not row.decodes], ids=lambda row: row.file)
def test_any_other_file_is_refused_with_a_code_of_the_table(row: Row) -> None:
    with pytest.raises(RefusedFile) as caught:
        inspect_file(_read(row))
    refusal = caught.value
    assert refusal.code in REFUSALS and refusal.code != "decode_crashed"
    assert refusal.message and refusal.remedy


@pytest.mark.parametrize("row", SINGLE, ids=lambda row: row.file)
def test_a_single_frame_has_the_pinned_pixels_and_grey_between_black_and_white(row: Row) -> None:
    frame = decode_frame(_read(row), 0)
    assert frame.pixel_sha256 in row.digests
    assert frame.grey.dtype == "float32"
    assert 0.0 <= float(frame.grey.min()) <= float(frame.grey.max()) <= 1.0


CODES = {
    "derived/d_deflate_bomb_192MiB.dcm": ("inflate_too_large", None),
    "derived/d_nest_20000.dcm": ("nesting_too_deep", "(FFFE,E000)"),
    "derived/d_geo_frames_2e9.dcm": ("too_many_frames", "(0028,0008)"),
    "derived/d_geo_no_rows.dcm": ("pixel_header_missing", "(0028,0010)"),
    "derived/d_geo_pi_unknown.dcm": ("pixel_header_invalid", "(0028,0004)"),
    "derived/d_geo_spp3_mono.dcm": ("pixel_header_invalid", "(0028,0002)"),
    "derived/d_ct_trunc99.dcm": ("pixel_data_short", "(7FE0,0010)"),
    "derived/d_j2k_trunc90.dcm": ("pixel_data_truncated", "(7FE0,0010)"),
    "derived/d_rle_trunc60.dcm": ("pixel_data_truncated", "(7FE0,0010)"),
    "derived/d_codec_jls_empty.dcm": ("frame_undecodable", "(7FE0,0010)"),
    "derived/d_jpeg_flip_head.dcm": ("uid_damaged", "(0008,0018)"),
    "derived/d_ts_says_implicit.dcm": ("encoding_mismatch", "(0002,0010)"),
    "derived/d_ts_mpeg4.dcm": ("unsupported_transfer_syntax", "(0002,0010)"),
    "derived/d_no_preamble.dcm": ("unsupported_container", None),
    "files/orthanc-tests__2026-05-26-oob-monochrome-65535.dcm": ("too_many_pixels", "(0028,0010)"),
    "files/orthanc-tests__sample-pdf.dcm": ("no_pixel_data", "(7FE0,0010)"),
    "files/fo-dicom__multiframe.dcm": ("frame_mismatch", "(0028,0011)"),
    "files/sample-dicom__1706.dcm": ("transfer_syntax_missing", "(0002,0010)"),
}


@pytest.mark.parametrize("file", CODES)
def test_a_refusal_names_the_reason_and_the_element(file: str) -> None:
    with pytest.raises(RefusedFile) as caught:
        inspect_file((shared_data() / "dicom_corpus" / file).read_bytes())
    assert (caught.value.code, caught.value.tag) == CODES[file]


NOTICES = {
    "derived/d_win_width_neg.dcm": "window_unusable",
    "derived/d_win_width0.dcm": "window_unusable",
    "derived/d_win_many.dcm": "several_windows",
    "derived/d_uid_empty.dcm": "uid_missing",
    "derived/d_polyglot_tiff_preamble.dcm": "preamble_not_empty",
    "derived/d_polyglot_pdf_preamble.dcm": "preamble_not_empty",
    "derived/d_spacing_zero.dcm": "pixel_spacing_unusable",
    "derived/d_str_path.dcm": "text_unusual",
    "derived/d_str_nul_newline.dcm": "text_cleaned",
    "derived/d_trailing_zip.dcm": "trailing_data",
    "derived/d_concat_two.dcm": "trailing_data",
    "derived/d_burned_yes.dcm": "burned_in_annotation",
    "files/dicom-test-fil__54-implicit-file-meta-info.dcm": "preamble_missing",
}


@pytest.mark.parametrize("file", NOTICES)
def test_what_must_be_handled_with_care_is_noted(file: str) -> None:
    received = inspect_file((shared_data() / "dicom_corpus" / file).read_bytes())
    assert NOTICES[file] in [notice.code for notice in received.notices]
