"""Lookup tables of the Modality LUT and VOI LUT modules. Source: DICOM PS3.3 C.11.1, C.11.2."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.dicom.errors import refused
from imaging.dicom.part10 import HEADER_FAULTS


@dataclass(frozen=True, slots=True)
class LookupTable:
    """One table.

    Attributes:
        first_mapped: the input value that the first entry belongs to.
        entries: float64 (n,).
        bits: of an entry, 8 to 16.
    """

    first_mapped: int
    entries: NDArray[np.float64]
    bits: int

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values below the first entry take it, values beyond the last entry take that one."""
        index = np.rint(values) - self.first_mapped
        return self.entries[np.clip(index, 0, len(self.entries) - 1).astype(np.int64)]


def lookup_table(item: Dataset, *, tag: int, signed_input: bool, little: bool) -> LookupTable:
    """The table of one item of a Modality LUT Sequence or VOI LUT Sequence.

    Args:
        tag: of the sequence, for the refusal.
        signed_input: the input values may be negative, so the first mapped value is read as signed.
    Raises:
        RefusedFile: lut_invalid.
    """
    try:
        count, first, bits = (int(value) for value in item.LUTDescriptor)
        data = item.LUTData
    except HEADER_FAULTS as error:
        raise refused("lut_invalid", tag=tag) from error
    count = (count & 0xFFFF) or 0x10000
    first &= 0xFFFF
    first_mapped = first - 0x10000 if signed_input and first >= 0x8000 else first
    if not 8 <= bits <= 16:
        raise refused("lut_invalid", tag=tag, found=bits)
    return LookupTable(first_mapped, _entries(data, count, tag=tag, little=little), bits)


def _entries(data: object, count: int, *, tag: int, little: bool) -> NDArray[np.float64]:
    if isinstance(data, bytes):
        wide = len(data) >= 2 * count
        entries = np.frombuffer(data[: len(data) // 2 * 2], "<u2" if little else ">u2") if wide else _narrow(data)
    else:
        try:
            values = [data] if isinstance(data, int) else list(data)  # type: ignore[call-overload]
            entries = np.asarray(values, np.int64) & 0xFFFF
        except HEADER_FAULTS as error:
            raise refused("lut_invalid", tag=tag) from error
    if len(entries) < count:
        raise refused("lut_invalid", tag=tag, found=len(entries), expected=count)
    return entries[:count].astype(np.float64)


def _narrow(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)
