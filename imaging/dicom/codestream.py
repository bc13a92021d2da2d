"""The first markers of a JPEG, JPEG-LS or JPEG 2000 codestream: its size is compared with the header before decoding.

Sources: ITU-T T.81 annex B, T.87 annex C, T.800 annex A.
"""

import re
from dataclasses import dataclass
from struct import error as StructError  # noqa: N812
from struct import unpack_from

from imaging.dicom.errors import refused

_PIXEL_DATA = 0x7FE00010
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN = 0xDA
JPEG_LS_FRAME = 0xF7
_END_OF_IMAGE = 0xD9
# A marker is 0xFF and a byte that is neither stuffing (00), nor a restart (D0-D7), nor fill (FF). T.81 B.1.1.
_MARKER_IN_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
# Any bytes without 0xFF: squares modulo 251, as they repeat nothing soon.
_MORE_SCAN = bytes(number * number % 251 for number in range(1, 121))
_J2K_START = b"\xff\x4f\xff\x51"


@dataclass(frozen=True, slots=True)
class Codestream:
    """What the codestream says of itself.

    Attributes:
        frame_marker: second byte of the SOF marker; 0x51 for JPEG 2000.
        is_ybr: the codestream says that its three components are luminance and chrominance (JFIF, Adobe transform 1);
            False: it says RGB (component ids "RGB", Adobe transform 0); None: it is silent.
    """

    rows: int
    columns: int
    components: int
    precision: int
    frame_marker: int
    signed: bool = False
    is_ybr: bool | None = None


def jpeg_codestream(data: bytes) -> Codestream:
    """Markers of a JPEG or JPEG-LS codestream up to the start of its scan.

    Raises:
        RefusedFile: frame_undecodable.
    """
    try:
        return _jpeg(data)
    except (StructError, IndexError) as error:
        raise refused("frame_undecodable", tag=_PIXEL_DATA) from error


def _jpeg(data: bytes) -> Codestream:
    if data[:2] != b"\xff\xd8":
        raise refused("frame_undecodable", tag=_PIXEL_DATA)
    position, frame = 2, None
    jfif, adobe = False, None
    while True:
        position, marker = _marker(data, position)
        if marker in _STANDALONE:
            continue
        (length,) = unpack_from(">H", data, position)
        body = data[position + 2 : position + length]
        if marker in _START_OF_FRAME:
            frame = (marker, body)
        elif marker == 0xE0 and body.startswith(b"JFIF"):
            jfif = True
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            adobe = body[11]
        elif marker == _START_OF_SCAN:
            break
        position += length
    if frame is None:
        raise refused("frame_undecodable", tag=_PIXEL_DATA)
    return _of_frame(*frame, jfif=jfif, adobe=adobe)


def _marker(data: bytes, position: int) -> tuple[int, int]:
    """The next marker, fill bytes skipped, and the position behind it."""
    if data[position] != 0xFF:
        raise refused("frame_undecodable", tag=_PIXEL_DATA)
    while data[position] == 0xFF:
        position += 1
    if data[position] in (0x00, 0xD9):
        raise refused("frame_undecodable", tag=_PIXEL_DATA)
    return position + 1, data[position]


def _of_frame(marker: int, body: bytes, *, jfif: bool, adobe: int | None) -> Codestream:
    precision, rows, columns, components = unpack_from(">BHHB", body, 0)
    identifiers = bytes(body[6 + 3 * number] for number in range(components))
    return Codestream(rows, columns, components, precision, marker, is_ybr=_colour(identifiers, jfif, adobe))


def _colour(identifiers: bytes, jfif: bool, adobe: int | None) -> bool | None:
    if identifiers in (b"RGB", b"rgb"):
        return False
    if adobe is not None:
        return adobe == 1
    return True if jfif else None


def end_of_image(data: bytes) -> int | None:
    """Where the end-of-image marker of a JPEG picture stands, thumbnails stepped over; None when it has none."""
    position = 2
    while (found := _MARKER_IN_SCAN.search(data, position)) is not None:
        marker, position = data[found.start() + 1], found.end()
        if marker == _END_OF_IMAGE:
            return found.start()
        if marker not in _STANDALONE:
            position += int.from_bytes(data[position : position + 2])
    return None


def with_more_scan(data: bytes) -> bytes | None:
    """The same JPEG picture with more entropy-coded bytes in front of its end; None when it has no end.

    A decoder that has all it needs skips them and gives the same pixels. One whose scan was cut off uses them: decoders
    fill what is missing with grey and say nothing, so this is how a picture that is not whole is told.
    """
    end = end_of_image(data)
    return None if end is None else data[:end] + _MORE_SCAN + data[end:]


def jpeg_2000_codestream(data: bytes) -> Codestream:
    """The SIZ marker of a JPEG 2000 codestream; a JP2 box structure in front of it is skipped.

    Raises:
        RefusedFile: frame_undecodable.
    """
    start = data.find(_J2K_START, 0, 4096)
    if start < 0 or len(data) < start + 45:
        raise refused("frame_undecodable", tag=_PIXEL_DATA)
    width, height, left, top = unpack_from(">IIII", data, start + 8)
    components, depth = unpack_from(">HB", data, start + 40)
    return Codestream(height - top, width - left, components, (depth & 0x7F) + 1, 0x51, signed=bool(depth & 0x80))
