"""Golden greys: small files of every kind, and what each pixel must look like, worked out slowly from PS3.3 C.11.

The reference shares no code with the product: pydicom reads the header and the stored pixels, and one stored value at a
time goes through the modality LUT (C.11.1), the VOI LUT (C.11.2), and MONOCHROME1 (C.7.6.3.1.2).
"""

import itertools
from collections.abc import Callable
from io import BytesIO
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.samples import chest_phantom as chest
from tests.samples import make_dicom as make_file
from tests.samples import stored_values

ROWS, COLUMNS = 40, 48


_numbers = itertools.count(1)


def make_dicom(pixels: NDArray, **elements: Any) -> bytes:
    """A file of a study of its own."""
    return make_file(pixels, seed=f"golden {next(_numbers)}", **elements)


def golden_files() -> dict[str, tuple[bytes, int]]:
    """Name -> (file, frame)."""
    phantom = chest(3, rows=ROWS, columns=COLUMNS)
    twelve, eight, sixteen = (stored_values(phantom, bits=bits) for bits in (12, 8, 16))
    inverse = stored_values(phantom, bits=12, inverted=True)
    signed = (twelve.astype(np.int32) - 2048).astype(np.int16)
    window: dict[str, Any] = {"WindowCenter": 40, "WindowWidth": 400, "RescaleSlope": 1, "RescaleIntercept": -1024}
    centred: dict[str, Any] = {"WindowCenter": 2000, "WindowWidth": 2500}
    sigmoid = {**centred, "VOILUTFunction": "SIGMOID"}
    curve = [min(4095, round(4095 * (value / 4095) ** 0.5)) for value in range(4096)]
    files = {
        "mono2 8 bit": make_dicom(eight),
        "mono2 12 bit window": make_dicom(twelve, bits_stored=12, **centred),
        "mono2 16 bit window": make_dicom(sixteen, WindowCenter=30000, WindowWidth=42000),
        "mono1 12 bit window": make_dicom(inverse, bits_stored=12, photometric="MONOCHROME1", **centred),
        "mono1 sigmoid": make_dicom(inverse, bits_stored=12, photometric="MONOCHROME1", **sigmoid),
        "ct window": make_dicom(twelve, bits_stored=12, modality="CT", **window),
        "linear exact": make_dicom(twelve, bits_stored=12, VOILUTFunction="LINEAR_EXACT", **centred),
        "narrow linear": make_dicom(twelve, bits_stored=12, WindowCenter=2000, WindowWidth=3),
        "sigmoid": make_dicom(twelve, bits_stored=12, **sigmoid),
        "voi lut": make_dicom(twelve, bits_stored=12, VOILUTSequence=[lut_item(0, curve, 12)]),
        "voi lut mono1": make_dicom(
            inverse, bits_stored=12, photometric="MONOCHROME1", VOILUTSequence=[lut_item(0, curve, 12)]
        ),
        "modality lut": make_dicom(twelve, bits_stored=12, ModalityLUTSequence=[lut_item(0, curve, 12)], **centred),
        "signed": make_dicom(signed, bits_stored=12, WindowCenter=0, WindowWidth=3000),
        "signed 16 bit negative slope": make_dicom(
            signed * 15, RescaleSlope=-0.5, RescaleIntercept=3, WindowCenter=100, WindowWidth=20000
        ),
        "padding": make_dicom(_padded(twelve), bits_stored=12, PixelPaddingValue=0, **sigmoid),
        "padding mono1": make_dicom(
            _padded(inverse), bits_stored=12, photometric="MONOCHROME1", PixelPaddingValue=0, **centred
        ),
        "range": make_dicom(twelve, bits_stored=12),
        "rgb": make_dicom(_colours(), modality="OT"),
        "palette": make_dicom(eight, modality="OT", photometric="PALETTE COLOR", **_palette()),
    }
    frames = np.stack([twelve, twelve[::-1], twelve[:, ::-1]])
    many = make_dicom(frames, bits_stored=12, NumberOfFrames=3, modality="CT", **window)
    return {**{name: (data, 0) for name, data in files.items()}, "multi-frame": (many, 2)}


def golden_greys(data: bytes, frame: int) -> NDArray[np.float64]:
    """0 to 255, (rows, columns) or (rows, columns, 3), not rounded."""
    dataset = dcmread(BytesIO(data))
    stored = dataset.pixel_array
    if int(dataset.get("NumberOfFrames", 1) or 1) > 1:
        stored = stored[frame]
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return np.array([[_palette_colour(dataset, int(value)) for value in row] for row in stored])
    if stored.ndim == 3:
        return stored.astype(np.float64)
    grey = _grey_of_value(dataset, stored)
    return np.array([[255 * grey(int(value)) for value in row] for row in stored])


def _grey_of_value(dataset: Dataset, stored: NDArray) -> Callable[[int], float]:
    window = _window(dataset, stored)
    padding = dataset.get("PixelPaddingValue")

    def grey(value: int) -> float:
        if padding is not None and value == padding:
            return 0.0
        shown = window(_modality(dataset, value))
        return 1 - shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown

    return grey


def _modality(dataset: Dataset, value: int) -> float:
    if "ModalityLUTSequence" in dataset:
        return _looked_up(dataset.ModalityLUTSequence[0], value)
    return value * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))


def _window(dataset: Dataset, stored: NDArray) -> Callable[[float], float]:
    if "VOILUTSequence" in dataset:
        item = dataset.VOILUTSequence[0]
        return lambda value: _looked_up(item, round(value)) / (2 ** item.LUTDescriptor[2] - 1)
    if "WindowCenter" not in dataset:
        ends = [_modality(dataset, int(value)) for value in (stored.min(), stored.max())]
        return lambda value: (value - min(ends)) / (max(ends) - min(ends))
    centre, width = float(dataset.WindowCenter), float(dataset.WindowWidth)
    function = {"SIGMOID": _sigmoid, "LINEAR_EXACT": _linear_exact}.get(dataset.get("VOILUTFunction"), _linear)
    return lambda value: function(value, centre, width)


def _linear(x: float, centre: float, width: float) -> float:
    """C.11.2.1.2.1, with y from 0 to 1."""
    if x <= centre - 0.5 - (width - 1) / 2:
        return 0.0
    if x > centre - 0.5 + (width - 1) / 2:
        return 1.0
    return (x - (centre - 0.5)) / (width - 1) + 0.5


def _linear_exact(x: float, centre: float, width: float) -> float:
    """C.11.2.1.3.2."""
    if x <= centre - width / 2:
        return 0.0
    if x > centre + width / 2:
        return 1.0
    return (x - centre) / width + 0.5


def _sigmoid(x: float, centre: float, width: float) -> float:
    """C.11.2.1.3.1."""
    return 1 / (1 + exp(-4 * (x - centre) / width))


def _looked_up(item: Dataset, value: int) -> float:
    count, first, _ = item.LUTDescriptor
    return float(item.LUTData[min(max(value - first, 0), count - 1)])


def _palette_colour(dataset: Dataset, value: int) -> list[float]:
    """C.7.6.3.1.5, 16-bit entries."""
    colour = []
    for name in ("Red", "Green", "Blue"):
        count, first, bits = dataset[f"{name}PaletteColorLookupTableDescriptor"].value
        entries = np.frombuffer(dataset[f"{name}PaletteColorLookupTableData"].value, "<u2")
        colour.append(255 * float(entries[min(max(value - first, 0), count - 1)]) / (2**bits - 1))
    return colour


def lut_item(first: int, entries: list[int], bits: int) -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "US", [len(entries) % 65536, first, bits])
    item.add_new(0x00283006, "US", entries)
    return item


def _padded(stored: NDArray) -> NDArray:
    """A corner that is no image."""
    padded = np.maximum(stored, 1)
    padded[:10, :12] = 0
    return padded


def _colours() -> NDArray[np.uint8]:
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    return np.stack([x * 5, y * 6, (x + y) * 2], axis=-1).astype(np.uint8)


def _palette() -> dict[str, Any]:
    ramp = np.arange(256)
    tables = {"Red": ramp * 257, "Green": (255 - ramp) * 257, "Blue": (ramp // 2) * 257}
    elements: dict[str, Any] = {}
    for name, table in tables.items():
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        elements[f"{name}PaletteColorLookupTableData"] = table.astype("<u2").tobytes()
    return elements
