"""A drawn chest, and the smallest DICOM and PNG files that hold it: samples and tests, no picture of anybody."""

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

DX_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
LONG_LENGTH = frozenset({"OB", "OW", "SQ", "UN", "UT"})

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PhantomHeader:
    """What a phantom's DICOM header says. Elements left empty are written empty; uid parts of None are left out."""

    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    patient_id: str = ""
    patient_name: str = "Phantom^Synthetic"
    issuer_of_patient_id: str = ""
    patient_birth_date: str = ""
    modality: str = "DX"
    body_part_examined: str = "CHEST"
    view_position: str = "PA"
    study_description: str = "Synthetic chest phantom"
    pixel_spacing: tuple[float, float] | None = (0.7, 0.7)
    number_of_frames: int = 1
    instance_number: int = 1
    extra: tuple[tuple[int, str, str], ...] = field(default=())


def chest_phantom(seed: int, *, rows: int = 512, columns: int = 448) -> Grey:
    """A drawn chest seen from the front.

    Args:
        seed: decides size, place and noise; every seed is another picture.
    Returns:
        float32 (rows, columns) in [0, 1], dense tissue bright.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    u, v = (x / columns - 0.5) * 2, (y / rows - 0.5) * 2
    tilt = float(rng.uniform(-0.03, 0.03))
    u = u + tilt * v
    grey = 0.58 * _ellipse(u, v, 0.0, 0.15, 0.95, 1.25)
    size = float(rng.uniform(0.92, 1.08))
    for side in (-1.0, 1.0):
        grey -= 0.42 * _ellipse(u, v, side * 0.42, -0.1, 0.30 * size, 0.62 * size) * (grey > 0.3)
    grey = np.maximum(grey, _heart(u, v, rng)) + _spine(u, v) + _ribs(u, v, float(rng.uniform(0, 1))) + _shoulders(u, v)
    grey += rng.normal(0.0, 0.012, grey.shape).astype(np.float32)
    return np.clip(grey, 0.0, 1.0).astype(np.float32)


def phantom_dicom(grey: Grey, header: PhantomHeader) -> bytes:
    """A DICOM Part 10 file, MONOCHROME2, 12 of 16 bits, Explicit VR Little Endian; every frame is the same picture."""
    pixels = np.round(grey * 4095).astype("<u2").tobytes() * header.number_of_frames
    data_set = b"".join(_element(*entry) for entry in sorted(_data_set(grey, header))) + _element(
        0x7FE00010, "OW", pixels
    )
    meta = _element(0x00020001, "OB", b"\x00\x01")
    meta += _element(0x00020002, "UI", DX_FOR_PRESENTATION)
    meta += _element(0x00020003, "UI", header.sop_instance_uid or "2.25.1")
    meta += _element(0x00020010, "UI", EXPLICIT_LITTLE_ENDIAN)
    meta += _element(0x00020012, "UI", "2.25.302043790172249692526321623266752743501")
    length = _element(0x00020000, "UL", struct.pack("<I", len(meta)))
    return b"\x00" * 128 + b"DICM" + length + meta + data_set


def phantom_png(grey: Grey) -> bytes:
    """An 8-bit grey PNG."""
    rows, columns = grey.shape
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)
    lines[:, 1:] = np.round(grey * 255)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _data_set(grey: Grey, header: PhantomHeader) -> list[tuple[int, str, str | bytes]]:
    rows, columns = grey.shape
    spacing = header.pixel_spacing
    texts: list[tuple[int, str, str | bytes | None]] = [
        (0x00080016, "UI", DX_FOR_PRESENTATION),
        (0x00080018, "UI", header.sop_instance_uid),
        (0x00080020, "DA", "20260101"),
        (0x00080060, "CS", header.modality),
        (0x00081030, "LO", header.study_description),
        (0x00100010, "PN", header.patient_name),
        (0x00100020, "LO", header.patient_id),
        (0x00100021, "LO", header.issuer_of_patient_id or None),
        (0x00100030, "DA", header.patient_birth_date),
        (0x00180015, "CS", header.body_part_examined),
        (0x00185101, "CS", header.view_position),
        (0x0020000D, "UI", header.study_instance_uid),
        (0x0020000E, "UI", header.series_instance_uid),
        (0x00200013, "IS", str(header.instance_number)),
        (0x00280002, "US", struct.pack("<H", 1)),
        (0x00280004, "CS", "MONOCHROME2"),
        (0x00280008, "IS", str(header.number_of_frames) if header.number_of_frames > 1 else None),
        (0x00280010, "US", struct.pack("<H", rows)),
        (0x00280011, "US", struct.pack("<H", columns)),
        (0x00280030, "DS", f"{spacing[0]}\\{spacing[1]}" if spacing else None),
        (0x00280100, "US", struct.pack("<H", 16)),
        (0x00280101, "US", struct.pack("<H", 12)),
        (0x00280102, "US", struct.pack("<H", 11)),
        (0x00280103, "US", struct.pack("<H", 0)),
        *header.extra,
    ]
    return [(tag, vr, value) for tag, vr, value in texts if value is not None]


def _element(tag: int, vr: str, value: str | bytes) -> bytes:
    """One data element, Explicit VR Little Endian (DICOM PS3.5 7.1.2); values have an even length."""
    data = value.encode("ascii") if isinstance(value, str) else value
    data += (b"\x00" if vr in {"UI", "OB", "UN"} else b" ") if len(data) % 2 else b""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode("ascii")
    return head + (struct.pack("<HI", 0, len(data)) if vr in LONG_LENGTH else struct.pack("<H", len(data))) + data


def _ellipse(u: Grey, v: Grey, at_u: float, at_v: float, half_u: float, half_v: float) -> Grey:
    """1 inside, 0 outside, a soft edge between."""
    distance = np.sqrt(((u - at_u) / half_u) ** 2 + ((v - at_v) / half_v) ** 2)
    return np.clip((1.0 - distance) * 12.0 + 0.5, 0.0, 1.0).astype(np.float32)


def _heart(u: Grey, v: Grey, rng: np.random.Generator) -> Grey:
    width = float(rng.uniform(0.26, 0.34))
    return np.asarray(0.68 * _ellipse(u, v, 0.13, 0.25, width, 0.30), dtype=np.float32)


def _spine(u: Grey, v: Grey) -> Grey:
    vertebrae = 0.85 + 0.15 * np.cos(v * 26.0)
    return np.asarray(0.22 * np.exp(-((u / 0.075) ** 2)) * vertebrae, dtype=np.float32)


def _ribs(u: Grey, v: Grey, phase: float) -> Grey:
    """Arcs that fall towards the sides, over the lungs only."""
    arcs = np.cos(((v + 0.22 * u**2 - 0.18 * np.abs(u)) * 9.0 + phase) * np.pi)
    inside = _ellipse(u, v, 0.0, -0.08, 0.80, 0.72)
    return np.asarray(0.10 * np.clip(arcs - 0.35, 0.0, 1.0) * inside, dtype=np.float32)


def _shoulders(u: Grey, v: Grey) -> Grey:
    line = v + 0.72 - 0.28 * np.abs(u)
    clavicles = np.exp(-((line / 0.03) ** 2)) * _ellipse(u, v, 0.0, -0.6, 0.85, 0.4)
    return np.asarray(0.16 * clavicles, dtype=np.float32)
