"""Part 10 bytes -> the wanted elements as a pydicom data set, and where the pixel data lies.

Only elements that this platform uses reach pydicom, and only after the walk has checked every bound.
Source: DICOM PS3.10 section 7.
"""

from dataclasses import dataclass, field
from io import BytesIO
from struct import error as StructError  # noqa: N812
from struct import unpack_from

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.filereader import read_dataset

from imaging.dicom.errors import RefusedFile, refused
from imaging.dicom.inflate import inflate
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.syntaxes import SYNTAXES, Syntax
from imaging.dicom.values import Notice
from imaging.dicom.walk import KNOWN_VRS, Encoding, PixelElement, Walk, element_at

_TRANSFER_SYNTAX_UID = 0x00020010
_MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002

_KEYWORDS = [
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "Modality",
    "Manufacturer",
    "StudyDescription",
    "SeriesDescription",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "BodyPartExamined",
    "ViewPosition",
    "ProtocolName",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "InstanceNumber",
    "Laterality",
    "ImageLaterality",
    "AnatomicRegionSequence",
    "ViewCodeSequence",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "PixelAspectRatio",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "BurnedInAnnotation",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "RescaleIntercept",
    "RescaleSlope",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]
WANTED_TAGS = frozenset(tag for tag in map(tag_for_keyword, _KEYWORDS) if tag is not None)

# What pydicom raises while it converts a malformed value.
HEADER_FAULTS = (
    ValueError, TypeError, LookupError, AttributeError, NotImplementedError, OverflowError, EOFError,
    BytesLengthException, StructError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Part10:
    """A parsed file: never logged, as it holds the patient's name.

    Attributes:
        data: the bytes that offsets refer to: of the file, or of its inflated data set.
        pixels: None when the file holds no pixel data.
    """

    data: memoryview
    dataset: Dataset
    syntax: Syntax
    pixels: PixelElement | None
    media_storage_sop_class_uid: str = ""
    notices: tuple[Notice, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _FileMeta:
    transfer_syntax_uid: str
    sop_class_uid: str
    end: int


def is_part10(data: memoryview) -> bool:
    """DICM behind a preamble; or, without one, a first element of group 0002 or 0008 that fits into the file."""
    if bytes(data[128:132]) == b"DICM":
        return True
    if len(data) < 16:
        return False
    (group, number, length) = unpack_from("<HHI", data, 0)
    if group in (0x0002, 0x0008) and number <= 0x0018:
        is_explicit = bytes(data[4:6]).decode("latin-1") in KNOWN_VRS
        return is_explicit or 0 < length <= len(data) - 8
    return unpack_from(">H", data, 0)[0] in (0x0002, 0x0008) and bytes(data[4:6]).decode("latin-1") in KNOWN_VRS


def parse_part10(data: memoryview, limits: DecodeLimits) -> Part10:
    """Walk the file, check its bounds, hand the wanted elements to pydicom.

    Raises:
        RefusedFile: every code of the structure part of docs/conformance.md.
    """
    has_preamble = bytes(data[128:132]) == b"DICM"
    meta = _file_meta(data, 132 if has_preamble else 0)
    syntax = _syntax(meta.transfer_syntax_uid)
    body, start = (memoryview(inflate(data[meta.end :], limits)), 0) if syntax.deflated else (data, meta.end)
    encoding = _encoding(body, start, syntax)
    found = Walk(body, limits, keep=WANTED_TAGS.__contains__).data_set(start, encoding)
    as_stated = encoding.implicit == syntax.implicit
    notices = _notices(data, has_preamble=has_preamble, trailing=found.trailing, as_stated=as_stated)
    dataset = _dataset(b"".join(body[first:last] for first, last in found.wanted), encoding)
    return Part10(body, dataset, syntax, found.pixels, meta.sop_class_uid, notices)


def _file_meta(data: memoryview, start: int) -> _FileMeta:
    """Group 0002, explicit little endian; some writers use implicit. PS3.10 7.1."""
    values: dict[int, str] = {}
    position = start
    implicit = len(data) >= start + 6 and bytes(data[start + 4 : start + 6]).decode("latin-1") not in KNOWN_VRS
    encoding = Encoding(implicit=implicit, little=True)
    while position + 8 <= len(data) and unpack_from("<H", data, position)[0] == 0x0002:
        element = element_at(data, position, encoding)
        position = element.value + element.length
        if position > len(data):
            raise refused("truncated_file", tag=element.tag)
        if element.tag in (_TRANSFER_SYNTAX_UID, _MEDIA_STORAGE_SOP_CLASS_UID):
            values[element.tag] = bytes(data[element.value : position][:80]).decode("latin-1").strip(" \0")
    return _FileMeta(values.get(_TRANSFER_SYNTAX_UID, ""), values.get(_MEDIA_STORAGE_SOP_CLASS_UID, ""), position)


def _syntax(uid: str) -> Syntax:
    if not uid:
        raise refused("transfer_syntax_missing", tag=_TRANSFER_SYNTAX_UID)
    if uid not in SYNTAXES:
        raise refused("unsupported_transfer_syntax", tag=_TRANSFER_SYNTAX_UID)
    return SYNTAXES[uid]


def _encoding(body: memoryview, start: int, syntax: Syntax) -> Encoding:
    """How the data set is written.

    An implicit header under an explicit transfer syntax is a known fault of old writers and cannot be mistaken, as no
    known VR stands where one must: it is read and noted. The reverse is refused: read as implicit, the bytes of the VR
    would become lengths, and what was meant is not certain.
    """
    if start + 8 > len(body):
        return Encoding(syntax.implicit, syntax.little)
    looks_explicit = bytes(body[start + 4 : start + 6]).decode("latin-1") in KNOWN_VRS
    if syntax.implicit and looks_explicit:
        raise refused("encoding_mismatch", tag=_TRANSFER_SYNTAX_UID)
    return Encoding(implicit=not looks_explicit and _fits(body, start, syntax), little=syntax.little)


def _fits(body: memoryview, start: int, syntax: Syntax) -> bool:
    """Whether the first element, read as implicit, ends inside the data set."""
    element = element_at(body, start, Encoding(implicit=True, little=syntax.little))
    return syntax.implicit or element.value + element.length <= len(body)


def _notices(data: memoryview, *, has_preamble: bool, trailing: bool, as_stated: bool) -> tuple[Notice, ...]:
    notices = []
    if not has_preamble:
        notices.append(Notice("preamble_missing", "The file has no DICOM preamble."))
    elif any(data[:128]):
        notices.append(Notice("preamble_not_empty", "The preamble holds data that other programs may read or run."))
    if trailing:
        notices.append(Notice("trailing_data", "Bytes that are not DICOM follow the image; they are ignored."))
    if not as_stated:
        message = "The header is written in implicit VR, although the transfer syntax says explicit."
        notices.append(Notice("encoding_differs", message, "(0002,0010)"))
    return tuple(notices)


def _dataset(elements: bytes, encoding: Encoding) -> Dataset:
    try:
        return read_dataset(BytesIO(elements), encoding.implicit, encoding.little)
    except RefusedFile:
        raise
    except HEADER_FAULTS as error:
        raise refused("malformed_header") from error
