"""A frame's samples between the decode child, the web process and the browser: what they are as JSON, and raw bytes.

Packed ("planes"): every row is replaced by the differences from its left neighbour (modulo 2^8 or 2^16), the low bytes
of the whole frame come before the high bytes, and both are deflated: neighbours are alike, so that most high bytes are
equal. A browser inflates while it receives.
"""

import zlib
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.errors import refused
from imaging.dicom.values import MOST_UNEQUAL

if TYPE_CHECKING:  # the web process, which unpacks, loads no decoder
    from imaging.dicom.samples import FrameSamples

_KINDS = {"u1": 1, "u2": 2, "rgb8": 3}
_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_FASTEST = 1


@dataclass(frozen=True, slots=True)
class WireSamples:
    """One frame as it travels.

    Attributes:
        about: rows, columns, type, slope, intercept, voi, inverted, range, exact, pixel_aspect, packing.
        data: the samples, little-endian, row by row; deflated when about["packing"] is "planes".
    """

    about: dict[str, Any]
    data: bytearray = field(repr=False)

    @property
    def packed(self) -> bool:
        return self.about["packing"] == "planes"


def samples_to_wire(samples: "FrameSamples", *, packed: bool) -> tuple[dict[str, Any], bytes | memoryview]:
    """In the decode child."""
    data = np.ascontiguousarray(samples.data)
    about = {
        "rows": data.shape[0],
        "columns": data.shape[1],
        "type": "rgb8" if data.ndim == 3 else f"u{data.dtype.itemsize}",
        "slope": samples.slope,
        "intercept": samples.intercept,
        "voi": {
            "kind": samples.voi_kind,
            "function": samples.voi.function,
            "centre": samples.voi.centre,
            "width": samples.voi.width,
        },
        "inverted": samples.inverted,
        "range": [samples.low, samples.high],
        "exact": samples.exact,
        "pixel_aspect": samples.pixel_aspect,
        "packing": "planes" if packed else "none",
    }
    if packed:
        return about, zlib.compress(_planes(data), _FASTEST)
    return about, data.astype(data.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8).data


def samples_from_wire(body: dict[str, Any], blob: bytearray) -> WireSamples:
    """On this side: only what the child could have meant is passed on to a browser.

    Raises:
        RefusedFile: decode_crashed, when what the child sent are no samples.
    """
    try:
        voi, ends = body["voi"], body["range"]
        about = {
            "rows": int(body["rows"]),
            "columns": int(body["columns"]),
            "type": _one_of(body["type"], tuple(_KINDS)),
            "slope": _number(body["slope"]),
            "intercept": _number(body["intercept"]),
            "voi": {
                "kind": _one_of(voi["kind"], ("window", "table", "range")),
                "function": _one_of(voi["function"], _FUNCTIONS),
                "centre": _number(voi["centre"]),
                "width": _number(voi["width"]),
            },
            "inverted": body["inverted"] is True,
            "range": [_number(ends[0]), _number(ends[1])],
            "exact": body["exact"] is True,
            "pixel_aspect": _aspect(body["pixel_aspect"]),
            "packing": _one_of(body["packing"], ("none", "planes")),
        }
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise refused("decode_crashed") from error
    if about["packing"] == "none" and len(blob) != about["rows"] * about["columns"] * _KINDS[about["type"]]:
        raise refused("decode_crashed")
    return WireSamples(about, blob)


def _number(value: Any) -> float:
    """JSON of ours says no other numbers than finite ones."""
    number = float(value)
    if not isfinite(number):
        raise ValueError
    return number


def _one_of(value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError
    return str(value)


def _aspect(value: Any) -> float:
    ratio = float(value)
    if not 1 / MOST_UNEQUAL <= ratio <= MOST_UNEQUAL:
        raise ValueError
    return ratio


def _planes(data: NDArray) -> NDArray[np.uint8]:
    """The low bytes of every difference, then the high bytes; one plane for 8 bits, a plane a channel for colour."""
    if data.ndim == 3:
        return np.stack([_planes(np.ascontiguousarray(data[..., channel])) for channel in range(3)])
    differences = data.copy()
    differences[:, 1:] -= data[:, :-1]
    if data.dtype.itemsize == 1:
        return differences
    return np.stack([(differences & 0xFF).astype(np.uint8), (differences >> 8).astype(np.uint8)])
