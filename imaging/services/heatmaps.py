"""Heatmaps as stored: the cells that one model made of one frame and how they lie over it, a few kilobytes.

Version 2: the signature, the length of a JSON header (4 bytes, little-endian), the header (source map, input size,
turns), and a .npy file, float32 (n, h, w). Version 1 was a bare .npy file, float16 (n, height, width) over the frame.
"""

import io
import json
import struct
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounts.errors import IntegrityBroken
from imaging.pipeline.values import Heatmap, SourceMap

SIGNATURE = b"SRHEAT\x02"
_LENGTH = struct.Struct("<I")


def heatmaps_pack(heatmaps: Sequence[Heatmap]) -> bytes:
    """Bytes from which heatmap_unpack gives each map back exactly.

    Args:
        heatmaps: at least one, all that one model made of one frame: they share source map, input size and turns.
    """
    first = heatmaps[0]
    if any((one.source, one.size, one.turns) != (first.source, first.size, first.turns) for one in heatmaps):
        raise ValueError("The heatmaps are not of one frame as one model saw it.")
    header = json.dumps({"source": asdict(first.source), "size": first.size, "turns": first.turns}).encode()
    stream = io.BytesIO()
    np.save(stream, np.stack([one.cells for one in heatmaps]).astype(np.float32, copy=False), allow_pickle=False)
    return SIGNATURE + _LENGTH.pack(len(header)) + header + stream.getvalue()


def heatmap_unpack(data: bytes, index: int) -> Heatmap:
    """One map of heatmaps_pack, of this version or the first.

    Raises:
        IntegrityBroken: not such bytes, or they hold no such map.
    """
    try:
        if not data.startswith(SIGNATURE):
            return Heatmap.of_array(_one(data, index, np.float16).astype(np.float32))
        (length,) = _LENGTH.unpack_from(data, len(SIGNATURE))
        start = len(SIGNATURE) + _LENGTH.size
        return _heatmap(json.loads(data[start : start + length]), _one(data[start + length :], index, np.float32))
    except (ValueError, TypeError, KeyError, OSError, EOFError, struct.error) as error:
        raise IntegrityBroken("A stored heatmap cannot be read.") from error


def _heatmap(header: dict[str, Any], cells: NDArray[np.float32]) -> Heatmap:
    source = SourceMap(**header["source"])
    return Heatmap(cells=cells, source=source, size=int(header["size"]), turns=int(header["turns"]))


def _one(data: bytes, index: int, kind: type[np.floating]) -> NDArray[Any]:
    """Map `index` of a .npy file of three dimensions. Raises ValueError, OSError, EOFError: there is none."""
    stack = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(stack, np.ndarray) or stack.ndim != 3 or stack.dtype != kind or not 0 <= index < len(stack):
        raise ValueError("no such map")
    return stack[index]
