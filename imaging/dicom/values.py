"""What the decode child hands back: plain frozen values, no pydicom object ever crosses the pipe."""

from dataclasses import dataclass, field
from math import isfinite

import numpy as np
from numpy.typing import NDArray

SQUARE = 1.0
"""Height / width of a pixel where nothing says otherwise."""
MOST_UNEQUAL = 16.0
"""A header that asks for more is taken for damaged: no detector has such pixels, and a film would become a line."""
_NEARLY_SQUARE = 1e-3
"""Decimals that were rounded, (0.1389, 0.139) say, are no other shape: a film of 1,000 pixels would gain one."""


def aspect_of(high: float, wide: float) -> float | None:
    """Height / width of a pixel in [1 / MOST_UNEQUAL, MOST_UNEQUAL]; SQUARE when it is so but for rounding.

    None when the sides are unusable: not finite, not positive, or too unequal.
    """
    if not all(isfinite(side) and side > 0 for side in (high, wide)):
        return None
    ratio = high / wide
    if not 1 / MOST_UNEQUAL <= ratio <= MOST_UNEQUAL:
        return None
    return SQUARE if abs(ratio - 1) < _NEARLY_SQUARE else ratio


@dataclass(frozen=True, slots=True, repr=False)
class PatientHeader:
    """Identity as the header states it; empty strings where it is silent. Never logged: repr is masked."""

    patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    issuer_of_patient_id: str = ""

    def __repr__(self) -> str:
        return "PatientHeader(masked)"


@dataclass(frozen=True, slots=True, repr=False)
class StudyHeader:
    """Study, series and instance attributes under their DICOM keywords; None or "" where the header is silent."""

    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    sop_class_uid: str | None = None
    transfer_syntax_uid: str | None = None
    modality: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    series_description: str = ""
    accession_number: str = ""
    body_part_examined: str = ""
    view_position: str = ""
    image_laterality: str = ""
    manufacturer: str = ""
    series_number: int | None = None
    instance_number: int | None = None
    pixel_spacing: tuple[float, float] | None = None

    def __repr__(self) -> str:
        return f"StudyHeader(modality={self.modality!r})"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something readable that must be handled with care: shown to the reader, never a refusal."""

    code: str
    message: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivedFrame:
    """One decoded frame.

    Attributes:
        index: 0-based frame number.
        grey: float32 (rows, columns) in [0, 1], 0 = black as displayed: modality LUT, then VOI LUT, MONOCHROME1 last;
            colour is reduced to luminance.
        is_colour: True when the stored frame is colour and its channels really differ.
        pixel_sha256: SHA-256 of the C-ordered bytes of this frame's stored pixels (pydicom.pixels.pixel_array).
        stored_min, stored_max: range of the stored values.
    """

    index: int
    grey: NDArray[np.float32] = field(repr=False)
    is_colour: bool
    pixel_sha256: str
    stored_min: float
    stored_max: float


@dataclass(frozen=True, slots=True)
class FrameDigest:
    """What intake keeps of a frame: proof that it decodes, and its identity.

    thumbnail: of frame 0, 48 x 48 mean grey values as base64 (thumbnail.py); "" of the others.
    """

    index: int
    pixel_sha256: str
    thumbnail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ReceivedInstance:
    """A file that was parsed, validated and decoded to its last frame.

    Attributes:
        container: "dicom", "png" or "jpeg".
        sha256: SHA-256 of the file's bytes.
        rows, columns: of the stored frame, in pixels.
        case_type: guessed from the header, None when the header does not say (PNG, JPEG).
        case_type_reason: a sentence that says why.
    """

    container: str
    sha256: str
    size_bytes: int
    rows: int
    columns: int
    number_of_frames: int
    photometric_interpretation: str
    frames: tuple[FrameDigest, ...]
    patient: PatientHeader
    study: StudyHeader
    case_type: str | None
    case_type_reason: str
    notices: tuple[Notice, ...] = ()
