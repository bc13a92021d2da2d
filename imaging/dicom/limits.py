"""What one file may cost before it is refused. Limits are checked against the headers, before decoding."""

from dataclasses import asdict, dataclass
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Bounds for one file.

    Attributes:
        file_bytes: size of the file as it arrived.
        inflated_bytes: size of a deflated data set after inflation.
        inflate_ratio: inflated / deflated size; only applied above inflate_ratio_free_bytes, as black inflates well.
        pixels_per_frame: rows x columns.
        decoded_bytes: all frames together, decoded.
        frames: NumberOfFrames.
        nesting: depth of sequences.
        elements: data elements that are walked.
        time_limit_seconds: wall clock and processor time of the decode child.
        memory_limit_bytes: address space of the decode child.
    """

    file_bytes: int = 512 * MIB
    inflated_bytes: int = 256 * MIB
    inflate_ratio: int = 200
    inflate_ratio_free_bytes: int = 32 * MIB
    pixels_per_frame: int = 100_000_000
    decoded_bytes: int = 512 * MIB
    frames: int = 1000
    nesting: int = 16
    elements: int = 50_000
    time_limit_seconds: float = 15.0
    memory_limit_bytes: int = 1536 * MIB

    def to_dict(self) -> dict[str, Any]:
        """As JSON, for the pipe to the decode child."""
        return asdict(self)
