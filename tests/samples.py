"""Synthetic phantoms, built in code: the only pictures that are ever committed. The same seed gives the same bytes.

`chest_phantom`, `bone_phantom` and `bitewing_phantom` are float32 arrays in [0, 1], 0 = black; `make_dicom`, `make_png`
and `make_jpeg` turn an array into a file. Every identity is an argument.
"""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID

Grey = NDArray[np.float32]

EXPLICIT_LITTLE, IMPLICIT_LITTLE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
EXPLICIT_BIG, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
JPEG_BASELINE, JPEG_LOSSLESS, JPEG_LS = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"
JPEG_2000, RLE = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"

SOP_CLASSES = {
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "IO": "1.2.840.10008.5.1.4.1.1.1.3",
    "PX": "1.2.840.10008.5.1.4.1.1.1.1",
    "MG": "1.2.840.10008.5.1.4.1.1.1.2",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "OT": "1.2.840.10008.5.1.4.1.1.7",
}


def chest_phantom(seed: int = 0, *, rows: int = 256, columns: int = 256, opacity: bool = False) -> Grey:
    """A bright body with two dark lungs, ribs, a heart shadow; with `opacity` a bright patch in one lung."""
    y, x = _grid(rows, columns)
    rng = np.random.default_rng(seed)
    shift = rng.uniform(-0.03, 0.03)
    image = 0.75 * _ellipse(x, y, 0.5 + shift, 0.55, 0.42, 0.5)
    for side in (-1, 1):
        image -= 0.5 * _ellipse(x, y, 0.5 + shift + side * 0.19, 0.5, 0.14, 0.32)
    image += 0.12 * (np.sin(y * 2 * np.pi * 9 + 6 * (x - 0.5) ** 2) > 0.7) * (image > 0.1)
    image += 0.35 * _ellipse(x, y, 0.55 + shift, 0.65, 0.13, 0.16) + 0.25 * _bar(x, 0.5 + shift, 0.03)
    if opacity:
        image += 0.35 * _ellipse(x, y, 0.32 + shift, 0.45, 0.06, 0.06)
    return _finished(image, rng)


def bone_phantom(seed: int = 0, *, rows: int = 256, columns: int = 192, fracture: bool = False) -> Grey:
    """Two long bones in soft tissue; with `fracture` a dark oblique line through one of them."""
    y, x = _grid(rows, columns)
    rng = np.random.default_rng(seed)
    image = 0.25 * _ellipse(x, y, 0.5, 0.5, 0.36, 0.6)
    for centre, width in ((0.38, 0.07), (0.62, 0.06)):
        bend = centre + 0.03 * np.sin(y * 3 + rng.uniform(0, 1))
        shaft = _smooth(width - np.abs(x - bend), 0.01)
        image += 0.5 * shaft - 0.15 * _smooth(width * 0.4 - np.abs(x - bend), 0.01)
    if fracture:
        line = np.abs((y - 0.5) - 0.5 * (x - 0.38))
        image -= 0.4 * _smooth(0.008 - line, 0.004) * (np.abs(x - 0.38) < 0.09)
    return _finished(image, rng)


def bitewing_phantom(seed: int = 0, *, rows: int = 192, columns: int = 256, caries: bool = False) -> Grey:
    """Two rows of crowns with a gap between them; with `caries` a dark notch at a contact."""
    y, x = _grid(rows, columns)
    rng = np.random.default_rng(seed)
    image = np.full((rows, columns), 0.15)
    for row, centre in ((0, 0.27), (1, 0.73)):
        for tooth in range(4):
            left = 0.14 + 0.24 * tooth + rng.uniform(-0.01, 0.01)
            crown = _ellipse(x, y, left, centre, 0.105, 0.19)
            pulp = _ellipse(x, y, left, centre + (0.06 if row else -0.06), 0.03, 0.1)
            image += 0.6 * crown - 0.25 * pulp
    if caries:
        image -= 0.3 * _ellipse(x, y, 0.485, 0.3, 0.025, 0.05)
    return _finished(image, rng)


def _grid(rows: int, columns: int) -> tuple[NDArray, NDArray]:
    y, x = np.mgrid[0:rows, 0:columns]
    return (y + 0.5) / rows, (x + 0.5) / columns


def _ellipse(x: NDArray, y: NDArray, cx: float, cy: float, rx: float, ry: float) -> NDArray:
    return _smooth(1 - np.hypot((x - cx) / rx, (y - cy) / ry), 0.06)


def _bar(x: NDArray, centre: float, half_width: float) -> NDArray:
    return _smooth(half_width - np.abs(x - centre), 0.01)


def _smooth(distance: NDArray, softness: float) -> NDArray:
    return np.clip(distance / softness, 0, 1)


def _finished(image: NDArray, rng: np.random.Generator) -> Grey:
    return np.clip(image + rng.normal(0, 0.015, image.shape), 0, 1).astype(np.float32)


def stored_values(grey: Grey, *, bits: int = 12, inverted: bool = False) -> NDArray:
    """Grey in [0, 1] -> unsigned integers of `bits` bits; `inverted` as a MONOCHROME1 device stores them."""
    maximum = 2**bits - 1
    values = np.rint((1 - grey if inverted else grey) * maximum)
    return values.astype(np.uint8 if bits <= 8 else np.uint16)


def make_uid(*parts: object) -> str:
    """A UID that depends on the parts only (PS3.5 B.2 form)."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:15])}"


def make_dataset(
    pixels: NDArray,
    *,
    bits_stored: int | None = None,
    photometric: str | None = None,
    modality: str = "DX",
    patient_name: str = "Phantom^Test",
    patient_id: str = "PHANTOM-1",
    seed: object = 0,
    **elements: Any,
) -> Dataset:
    """A data set for (rows, columns), (rows, columns, 3) or, with NumberOfFrames, (frames, rows, columns[, 3]) pixels.

    Args:
        elements: further elements by keyword; None leaves one out.
    """
    frames = max(0, int(elements.get("NumberOfFrames") or 0))
    shape = pixels.shape[1:] if frames else pixels.shape
    samples = 3 if len(shape) == 3 else 1
    bits = 8 * pixels.dtype.itemsize
    values: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": SOP_CLASSES[modality],
        "SOPInstanceUID": make_uid("instance", patient_id, seed),
        "StudyDate": "20260102",
        "StudyTime": "101500",
        "AccessionNumber": "A1",
        "Modality": modality,
        "Manufacturer": "Phantom works",
        "PatientName": patient_name,
        "PatientID": patient_id,
        "PatientBirthDate": "19700101",
        "PatientSex": "O",
        "StudyInstanceUID": make_uid("study", patient_id, seed),
        "SeriesInstanceUID": make_uid("series", patient_id, seed),
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "SamplesPerPixel": samples,
        "PhotometricInterpretation": photometric or ("MONOCHROME2" if samples == 1 else "RGB"),
        "PlanarConfiguration": 0 if samples == 3 else None,
        "Rows": shape[0],
        "Columns": shape[1],
        "BitsAllocated": bits,
        "BitsStored": bits_stored or bits,
        "HighBit": (bits_stored or bits) - 1,
        "PixelRepresentation": 1 if pixels.dtype.kind == "i" else 0,
        **elements,
    }
    dataset = Dataset()
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def make_dicom(
    pixels: NDArray, *, syntax: str = EXPLICIT_LITTLE, preamble: bytes = bytes(128), **elements: Any
) -> bytes:
    """A Part 10 file with uncompressed pixels; the arguments of make_dataset are passed on."""
    dataset = make_dataset(pixels, **elements)
    order = ">" if syntax == EXPLICIT_BIG else "<"
    raw = np.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder(order)).tobytes()
    dataset.PixelData = raw + bytes(len(raw) % 2)
    dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 and syntax != IMPLICIT_LITTLE else "OW"
    return file_bytes(dataset, syntax=syntax, preamble=preamble)


def make_encapsulated(pixels: NDArray, frames: Sequence[bytes], *, syntax: str, **elements: Any) -> bytes:
    """A Part 10 file around frames that are already compressed; `pixels` only gives the header its shape."""
    dataset = make_dataset(pixels, **elements)
    dataset.PixelData = encapsulate(list(frames))
    dataset["PixelData"].VR = "OB"
    return file_bytes(dataset, syntax=syntax)


def file_bytes(dataset: Dataset, *, syntax: str = EXPLICIT_LITTLE, preamble: bytes = bytes(128)) -> bytes:
    """A data set as a Part 10 file."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", SOP_CLASSES["OT"])
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID") or make_uid("unnamed")
    dataset.preamble = preamble
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def make_png(pixels: NDArray, **options: Any) -> bytes:
    """uint8 or uint16 (rows, columns), or uint8 (rows, columns, 3 or 4), as PNG."""
    return _image_bytes(pixels, "PNG", **options)


def make_jpeg(pixels: NDArray, *, quality: int = 90, **options: Any) -> bytes:
    """uint8 (rows, columns) or (rows, columns, 3) as JPEG."""
    return _image_bytes(pixels, "JPEG", quality=quality, **options)


def _image_bytes(pixels: NDArray, kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind, **options)
    return buffer.getvalue()


def chest_dicom(seed: int = 0, **elements: Any) -> bytes:
    """A 12-bit MONOCHROME1 DX chest, as many devices send it."""
    pixels = stored_values(chest_phantom(seed), bits=12, inverted=True)
    defaults = {"bits_stored": 12, "photometric": "MONOCHROME1", "BodyPartExamined": "CHEST", "ViewPosition": "PA"}
    return make_dicom(pixels, **{**defaults, "seed": seed, **elements})


def bone_dicom(seed: int = 0, **elements: Any) -> bytes:
    """A 12-bit MONOCHROME2 CR wrist with a window."""
    pixels = stored_values(bone_phantom(seed), bits=12)
    defaults = {"modality": "CR", "BodyPartExamined": "WRIST", "WindowCenter": 2048, "WindowWidth": 4096}
    return make_dicom(pixels, **{"bits_stored": 12, **defaults, "seed": seed, **elements})


def bitewing_dicom(seed: int = 0, **elements: Any) -> bytes:
    """An 8-bit intra-oral bitewing."""
    pixels = stored_values(bitewing_phantom(seed), bits=8)
    defaults = {"modality": "IO", "SeriesDescription": "Bitewing right"}
    return make_dicom(pixels, **{**defaults, "seed": seed, **elements})
