"""What is refused, and why; then what is read."""

import hashlib

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO

from imaging.dicom.errors import REFUSALS, RefusedFile, refused
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.read import read_frame, read_part10
from tests.samples import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    bone_dicom,
    chest_dicom,
    file_bytes,
    make_dataset,
    make_dicom,
    make_uid,
)

PIXELS = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)


def refusal(data: bytes, limits: DecodeLimits | None = None) -> RefusedFile:
    with pytest.raises(RefusedFile) as caught:
        read_part10(data, limits=limits or DecodeLimits())
    return caught.value


def code_and_tag(data: bytes, limits: DecodeLimits | None = None) -> tuple[str, str | None]:
    caught = refusal(data, limits)
    return caught.code, caught.tag


@pytest.mark.parametrize(("keyword", "tag"), [
    ("Rows", "(0028,0010)"), ("Columns", "(0028,0011)"), ("SamplesPerPixel", "(0028,0002)"),
    ("PhotometricInterpretation", "(0028,0004)"), ("BitsAllocated", "(0028,0100)"), ("BitsStored", "(0028,0101)"),
    ("PixelRepresentation", "(0028,0103)"),
])  # fmt: skip
def test_a_pixel_element_that_is_missing_is_named(keyword, tag) -> None:
    assert code_and_tag(make_dicom(PIXELS, **{keyword: None})) == ("pixel_header_missing", tag)


@pytest.mark.parametrize(("elements", "tag"), [
    ({"Rows": 0}, "(0028,0010)"), ({"BitsStored": 17}, "(0028,0101)"), ({"BitsAllocated": 12}, "(0028,0100)"),
    ({"PixelRepresentation": 2}, "(0028,0103)"), ({"SamplesPerPixel": 4}, "(0028,0002)"),
    ({"SamplesPerPixel": 3}, "(0028,0002)"), ({"photometric": "HSV"}, "(0028,0004)"),
    ({"NumberOfFrames": -1}, "(0028,0008)"), ({"NumberOfFrames": 0}, "(0028,0008)"),
])  # fmt: skip
def test_a_pixel_element_that_cannot_be_is_named(elements, tag) -> None:
    assert code_and_tag(make_dicom(PIXELS, **elements)) == ("pixel_header_invalid", tag)


@pytest.mark.parametrize(("limits", "code"), [
    (DecodeLimits(pixels_per_frame=3071), "too_many_pixels"), (DecodeLimits(decoded_bytes=6143), "decoded_too_large"),
    (DecodeLimits(file_bytes=1000), "file_too_large"), (DecodeLimits(elements=10), "too_many_elements"),
])  # fmt: skip
def test_every_limit_is_kept(limits, code) -> None:
    assert refusal(make_dicom(PIXELS), limits).code == code


def test_the_pixel_count_is_judged_before_the_length_of_the_pixel_data() -> None:
    assert code_and_tag(make_dicom(PIXELS, Rows=65535, Columns=65535)) == ("too_many_pixels", "(0028,0010)")


def test_a_lie_about_the_number_of_frames_is_refused_from_the_header() -> None:
    data = make_dicom(PIXELS[None], NumberOfFrames=1)
    for frames, code in ((2, "pixel_data_short"), (1001, "too_many_frames"), (2_147_483_647, "too_many_frames")):
        dataset = dcmread(DicomBytesIO(data))
        dataset.NumberOfFrames = frames
        assert refusal(file_bytes(dataset)).code == code


def test_missing_pixel_bytes_are_counted() -> None:
    caught = refusal(make_dicom(PIXELS)[:-10])
    assert (caught.code, caught.details) == ("pixel_data_short", {"found": 6134, "expected": 6144})


def test_extra_pixel_bytes_are_noted_and_ignored() -> None:
    dataset = make_dataset(PIXELS)
    dataset.PixelData = PIXELS.tobytes() + bytes(100)
    dataset["PixelData"].VR = "OW"
    received = read_part10(file_bytes(dataset))
    assert [notice.code for notice in received.notices] == ["pixel_data_excess"]
    assert received.frames[0].pixel_sha256 == hashlib.sha256(PIXELS.tobytes()).hexdigest()


def test_nesting_is_allowed_up_to_the_limit_and_not_beyond() -> None:
    limits = DecodeLimits(nesting=4)
    assert read_part10(make_dicom(PIXELS, SharedFunctionalGroupsSequence=[_nested(3)]), limits=limits)
    assert refusal(make_dicom(PIXELS, SharedFunctionalGroupsSequence=[_nested(5)]), limits).code == "nesting_too_deep"


def _nested(depth: int) -> Dataset:
    item = Dataset()
    item.CodeMeaning = "leaf"
    for _ in range(depth - 1):
        outer = Dataset()
        outer.FrameVOILUTSequence = [item]
        item = outer
    return item


def test_thousands_of_open_sequences_neither_recurse_nor_hang() -> None:
    bomb = bytes.fromhex("08 00 40 11 53 51 00 00 ff ff ff ff fe ff 00 e0 ff ff ff ff") * 20_000
    assert refusal(chest_dicom()[:132] + _meta() + bomb).code == "nesting_too_deep"


def _meta() -> bytes:
    uid = EXPLICIT_LITTLE.encode() + b"\0"
    return bytes.fromhex("02 00 10 00 55 49") + len(uid).to_bytes(2, "little") + uid


def test_the_same_pixel_element_twice_is_refused() -> None:
    rows = bytes.fromhex("28 00 10 00 55 53 02 00 40 00")
    data = make_dicom(PIXELS)
    assert data.count(rows) == 1
    assert code_and_tag(data.replace(rows, rows + rows)) == ("duplicate_element", "(0028,0010)")


def test_an_element_that_runs_past_the_end_is_named() -> None:
    name = bytes.fromhex("10 00 10 00 50 4e")
    data = make_dicom(PIXELS)
    place = data.index(name) + len(name)
    assert code_and_tag(data[:place] + b"\xff\xff" + data[place + 2 :]) == ("truncated_file", "(0010,0010)")


def test_a_deflated_bomb_is_stopped_at_the_limit() -> None:
    data = make_dicom(PIXELS, syntax=DEFLATED, ImageComments="0" * 60_000)
    assert read_part10(data).rows == 64
    assert refusal(data, DecodeLimits(inflated_bytes=32_000)).code == "inflate_too_large"


@pytest.mark.parametrize("cut", [40, 4])
def test_a_deflated_data_set_that_ends_early_is_refused(cut) -> None:
    assert refusal(make_dicom(PIXELS, syntax=DEFLATED)[:-cut]).code in ("truncated_file", "inflate_failed")


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.102", "1.2.840.113619.5.2"])
def test_a_transfer_syntax_that_is_not_read_is_named(uid) -> None:
    data = make_dicom(PIXELS).replace(EXPLICIT_LITTLE.encode() + b"\0", uid.encode()[:19].ljust(20, b"\0"), 1)
    assert code_and_tag(data) == ("unsupported_transfer_syntax", "(0002,0010)")


def test_a_file_without_pixels_is_refused() -> None:
    assert code_and_tag(file_bytes(make_dataset(PIXELS))) == ("no_pixel_data", "(7FE0,0010)")


@pytest.mark.parametrize("data", [b"PK\x03\x04" + bytes(200), b"%PDF-1.7" + bytes(200), bytes(131), b"GIF89a", b"x"])
def test_what_is_not_dicom_is_refused(data) -> None:
    assert refusal(data).code == "unsupported_container"


def test_a_refusal_never_holds_text_of_the_file() -> None:
    data = make_dicom(PIXELS, patient_name="ZZCANARY^SECRET", photometric="ZZCANARY")
    caught = refusal(data)
    assert "ZZCANARY" not in repr(caught) + str(caught.as_dict()) + str(caught.__cause__)


def test_received_values_do_not_show_the_patient_in_their_repr() -> None:
    received = read_part10(chest_dicom(patient_name="ZZCANARY^SECRET", patient_id="ZZ-7"))
    assert received.patient.patient_name == "ZZCANARY^SECRET"
    assert "ZZ" not in repr(received)


def test_every_code_of_the_table_makes_a_whole_refusal() -> None:
    for code in REFUSALS:
        body = refused(code, tag=0x00280010).as_dict()
        assert body["code"] == code and body["message"] and body["remedy"] and body["tag"] == "(0028,0010)"


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32"])
def test_every_native_syntax_gives_the_stored_array_of_pydicom(syntax, dtype) -> None:
    pixels = (np.arange(15 * 7).reshape(15, 7) * 37 % 251).astype(dtype)
    data = make_dicom(pixels, syntax=syntax)
    reference = dcmread(DicomBytesIO(data)).pixel_array
    received = read_part10(data)
    assert received.frames[0].pixel_sha256 == hashlib.sha256(reference.tobytes()).hexdigest()
    assert (received.rows, received.columns, received.study.transfer_syntax_uid) == (15, 7, syntax)


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_by_plane_and_by_pixel_give_the_same_frame(planar) -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (10, 12, 3), dtype=np.uint8)
    dataset = make_dataset(rgb, modality="OT", PlanarConfiguration=planar)
    dataset.PixelData = (rgb.transpose(2, 0, 1) if planar else rgb).tobytes()
    dataset["PixelData"].VR = "OB"
    digest = read_part10(file_bytes(dataset)).frames[0].pixel_sha256
    assert digest == hashlib.sha256(rgb.tobytes()).hexdigest()


@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422"])
def test_ybr_becomes_rgb_as_pydicom_does_it(photometric) -> None:
    ybr = np.random.default_rng(4).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    dataset = make_dataset(ybr, modality="OT", photometric=photometric)
    pairs = ybr.reshape(-1, 2, 3)
    packed = np.stack([pairs[:, 0, 0], pairs[:, 1, 0], pairs[:, 0, 1], pairs[:, 0, 2]], axis=1)
    dataset.PixelData = (packed if photometric == "YBR_FULL_422" else ybr).tobytes()
    dataset["PixelData"].VR = "OB"
    data = file_bytes(dataset)
    reference = dcmread(DicomBytesIO(data)).pixel_array
    assert read_part10(data).frames[0].pixel_sha256 == hashlib.sha256(reference.tobytes()).hexdigest()


def test_bits_above_bits_stored_mean_nothing() -> None:
    clean = np.array([[0, 1, 4095], [2048, 5, 6]], np.uint16)
    dirty = clean | np.array([[0xF000, 0x1000, 0xA000], [0, 0x8000, 0]], np.uint16)
    digests = {read_part10(make_dicom(pixels, bits_stored=12)).frames[0].pixel_sha256 for pixels in (clean, dirty)}
    assert len(digests) == 1


def test_packed_bits_are_unpacked_also_where_a_frame_starts_inside_a_byte() -> None:
    frames = np.random.default_rng(5).integers(0, 2, (3, 5, 7), dtype=np.uint8)
    dataset = make_dataset(frames, modality="OT", NumberOfFrames=3, BitsAllocated=1, BitsStored=1, HighBit=0)
    packed = np.packbits(frames.ravel(), bitorder="little").tobytes()
    dataset.PixelData = packed + bytes(len(packed) % 2)
    dataset["PixelData"].VR = "OB"
    data = file_bytes(dataset)
    assert [frame.pixel_sha256 for frame in read_part10(data).frames] == [
        hashlib.sha256(frame.tobytes()).hexdigest() for frame in frames
    ]


def test_identity_comes_through_clean() -> None:
    data = chest_dicom(
        patient_name="Müller^Ö", patient_id="A-1", StudyDescription="a\x00b\n\u202ec", PixelSpacing=[0.1, 0.2]
    )
    received = read_part10(data)
    assert (received.patient.patient_name, received.patient.patient_id) == ("Müller^Ö", "A-1")
    assert (received.study.study_description, received.study.pixel_spacing) == ("a b c", (0.1, 0.2))
    assert [(notice.code, notice.tag) for notice in received.notices] == [("text_cleaned", "(0008,1030)")]


@pytest.mark.parametrize(("uid", "kept", "code"), [
    ("", None, "uid_missing"), ("1.2.03", "1.2.03", "uid_nonconformant"), ("999.9.1", "999.9.1", "uid_nonconformant"),
    ("abcdef", None, "uid_invalid"),
])  # fmt: skip
def test_uids_are_kept_when_they_identify(uid, kept, code) -> None:
    received = read_part10(chest_dicom(StudyInstanceUID=uid))
    assert received.study.study_instance_uid == kept
    assert code in [notice.code for notice in received.notices]


def test_a_uid_with_markup_in_it_is_refused() -> None:
    good = make_uid("instance", "PHANTOM-1", 0)
    data = chest_dicom().replace(good.encode(), b"<" + good.encode()[1:])
    assert code_and_tag(data) == ("uid_damaged", "(0008,0018)")


def test_without_a_preamble_a_file_with_its_meta_group_is_read() -> None:
    received = read_part10(bone_dicom()[132:])
    assert [notice.code for notice in received.notices] == ["preamble_missing"]


def test_an_implicit_header_under_an_explicit_syntax_is_read_and_the_reverse_refused() -> None:
    explicit, implicit = EXPLICIT_LITTLE.encode() + b"\0", (IMPLICIT_LITTLE.encode() + b"\0").ljust(20, b"\0")
    under_explicit = _with_syntax(make_dicom(PIXELS, syntax=IMPLICIT_LITTLE), EXPLICIT_LITTLE)
    assert "encoding_differs" in [notice.code for notice in read_part10(under_explicit).notices]
    assert refusal(make_dicom(PIXELS).replace(explicit, implicit, 1)).code == "encoding_mismatch"


def _with_syntax(data: bytes, uid: str) -> bytes:
    """The same data set behind a meta group that names another syntax."""
    start = data.index(b"\x08\x00\x05\x00")
    padded = uid.encode() + bytes(len(uid) % 2)
    return data[:132] + bytes.fromhex("02 00 10 00 55 49") + len(padded).to_bytes(2, "little") + padded + data[start:]


def test_a_frame_that_is_not_there_is_refused() -> None:
    for index in (-1, 1):
        with pytest.raises(RefusedFile) as caught:
            read_frame(chest_dicom(), index)
        assert caught.value.code == "frame_out_of_range"
