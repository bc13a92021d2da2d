"""Every reason to refuse a file: one table, code -> what is wrong, what can be done. docs/conformance.md shows it."""

from dataclasses import dataclass

from accounts.errors import DomainError

_EXPORT_AGAIN = "Export the image again from the device or the archive and send the new file."
_CHECK_HEADER = "Ask the vendor of the device to correct this element, or export the image again."
_UNCOMPRESSED = "Export the image uncompressed (Explicit VR Little Endian) or as JPEG, JPEG-LS, JPEG 2000 or RLE."
_SMALLER = "Send a smaller file, or ask your administrator to raise the limit."


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row of the table: a sentence that is safe to show, and what the user can do."""

    message: str
    remedy: str


REFUSALS: dict[str, Refusal] = {
    "empty_file": Refusal("The file is empty.", _EXPORT_AGAIN),
    "file_too_large": Refusal("The file is larger than the limit.", _SMALLER),
    "unsupported_container": Refusal(
        "The file is neither DICOM Part 10 nor PNG nor JPEG.", "Send DICOM, PNG or JPEG files; unpack archives first."
    ),
    "truncated_file": Refusal("The file ends in the middle of a data element.", _EXPORT_AGAIN),
    "malformed_header": Refusal("The DICOM header cannot be read.", _EXPORT_AGAIN),
    "unknown_vr": Refusal("A data element has a value representation that DICOM does not define.", _CHECK_HEADER),
    "duplicate_element": Refusal("An element that describes the pixels occurs twice.", _CHECK_HEADER),
    "encoding_mismatch": Refusal("The header is not encoded as its transfer syntax says.", _EXPORT_AGAIN),
    "uid_damaged": Refusal("A UID holds characters that no UID can have: the header is damaged.", _EXPORT_AGAIN),
    "nesting_too_deep": Refusal("Sequences are nested deeper than the limit.", _EXPORT_AGAIN),
    "too_many_elements": Refusal("The header has more data elements than the limit.", _SMALLER),
    "inflate_failed": Refusal("The deflated data set cannot be inflated.", _EXPORT_AGAIN),
    "inflate_too_large": Refusal("The deflated data set grows beyond the limit.", "Export the image not deflated."),
    "transfer_syntax_missing": Refusal("The file does not say how it is encoded.", _EXPORT_AGAIN),
    "unsupported_transfer_syntax": Refusal("The transfer syntax is not supported.", _UNCOMPRESSED),
    "no_pixel_data": Refusal(
        "The file holds no image.", "Send image objects only; reports and plans are not analysed."
    ),
    "pixel_header_missing": Refusal("An element that describes the pixels is missing.", _CHECK_HEADER),
    "pixel_header_invalid": Refusal("An element that describes the pixels has an impossible value.", _CHECK_HEADER),
    "unsupported_pixel_format": Refusal(
        "This combination of pixel format and encoding is not supported.", _UNCOMPRESSED
    ),
    "too_many_pixels": Refusal("The image has more pixels than the limit.", _SMALLER),
    "too_many_frames": Refusal("The image has more frames than the limit.", _SMALLER),
    "decoded_too_large": Refusal("The decoded image would be larger than the limit.", _SMALLER),
    "pixel_data_short": Refusal("There is less pixel data than the header says.", _EXPORT_AGAIN),
    "pixel_data_truncated": Refusal("The compressed pixel data ends too early.", _EXPORT_AGAIN),
    "pixel_data_length": Refusal("Uncompressed pixel data must state its length.", _EXPORT_AGAIN),
    "frame_count_mismatch": Refusal("The number of compressed frames is not what the header says.", _EXPORT_AGAIN),
    "frame_mismatch": Refusal(
        "A compressed frame does not have the size or depth that the header says.", _EXPORT_AGAIN
    ),
    "frame_undecodable": Refusal("A compressed frame is damaged and cannot be decoded.", _EXPORT_AGAIN),
    "frame_out_of_range": Refusal("The image does not have that frame.", "Ask for a frame that the image has."),
    "lut_invalid": Refusal("A lookup table of the header is damaged.", _CHECK_HEADER),
    "image_undecodable": Refusal("The PNG or JPEG file is damaged and cannot be decoded.", _EXPORT_AGAIN),
    "image_truncated": Refusal("The PNG or JPEG file ends too early.", _EXPORT_AGAIN),
    "unsupported_image_mode": Refusal(
        "The colour model of the PNG or JPEG file is not supported.", "Save it as grey or RGB and send it again."
    ),
    "decode_timeout": Refusal("Decoding took longer than the time limit.", _EXPORT_AGAIN),
    "decode_memory": Refusal("Decoding needed more memory than the limit.", _SMALLER),
    "decode_crashed": Refusal("The decoder failed on this file.", _EXPORT_AGAIN),
    "decoder_unavailable": Refusal("The decoder could not be started.", "Try again shortly; tell your administrator."),
}


class RefusedFile(DomainError):
    """A file that is not taken in: code, sentence, the DICOM tag at fault where there is one, and a remedy."""

    code = "refused_file"
    status = 422
    message = "The file is refused."


def refused(code: str, *, tag: int | None = None, found: int | None = None, expected: int | None = None) -> RefusedFile:
    """The refusal `code` of the table.

    Args:
        tag: the element at fault, group << 16 | element.
        found, expected: numbers only: no text of the file ever enters a message.
    """
    row = REFUSALS[code]
    details = {name: value for name, value in (("found", found), ("expected", expected)) if value is not None}
    return RefusedFile(row.message, code=code, tag=tag_text(tag), remedy=row.remedy, details=details)


def tag_text(tag: int | None) -> str | None:
    """0x00280010 -> "(0028,0010)"."""
    return None if tag is None else f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
