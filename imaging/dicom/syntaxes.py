"""Transfer syntaxes that are read. Source: DICOM PS3.5 section 10 and annex A."""

from dataclasses import dataclass
from enum import Enum

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"


class Codec(Enum):
    """How a frame is stored."""

    NATIVE = "native"
    JPEG = "jpeg"
    JPEG_LOSSLESS = "jpeg_lossless"
    JPEG_LS = "jpeg_ls"
    JPEG_2000 = "jpeg_2000"
    RLE = "rle"


@dataclass(frozen=True, slots=True)
class Syntax:
    """One transfer syntax: how the header is written, and how a frame is stored."""

    uid: str
    codec: Codec = Codec.NATIVE
    implicit: bool = False
    little: bool = True
    deflated: bool = False

    @property
    def encapsulated(self) -> bool:
        return self.codec is not Codec.NATIVE


_JPEG = "1.2.840.10008.1.2.4."
_ENCAPSULATED = {
    Codec.JPEG: (_JPEG + "50", _JPEG + "51"),
    Codec.JPEG_LOSSLESS: (_JPEG + "57", _JPEG + "70"),
    Codec.JPEG_LS: (_JPEG + "80", _JPEG + "81"),
    Codec.JPEG_2000: (_JPEG + "90", _JPEG + "91", _JPEG + "201", _JPEG + "202", _JPEG + "203"),
    Codec.RLE: ("1.2.840.10008.1.2.5",),
}

SYNTAXES: dict[str, Syntax] = {
    IMPLICIT_LITTLE: Syntax(IMPLICIT_LITTLE, implicit=True),
    EXPLICIT_LITTLE: Syntax(EXPLICIT_LITTLE),
    EXPLICIT_BIG: Syntax(EXPLICIT_BIG, little=False),
    DEFLATED: Syntax(DEFLATED, deflated=True),
    **{uid: Syntax(uid, codec) for codec, uids in _ENCAPSULATED.items() for uid in uids},
}
