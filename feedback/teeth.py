"""Tooth numbers. FDI is what is stored; Universal is a view of it.

Sources: ISO 3950:2016 (FDI two-digit designation); ADA, Universal/National Tooth Designation System: 1-32 from the
upper right third molar around to the lower right, A-T for primary teeth in the same order.
"""

from collections.abc import Iterator

_PERMANENT, _PRIMARY = 8, 5
"""Teeth in a quadrant."""


def _around(upper_right: int, upper_left: int, lower_left: int, lower_right: int, teeth: int) -> Iterator[int]:
    """FDI numbers in the order of the Universal system, as one looks at the patient: right to left, then back below."""
    for quadrant, positions in (
        (upper_right, range(teeth, 0, -1)),
        (upper_left, range(1, teeth + 1)),
        (lower_left, range(teeth, 0, -1)),
        (lower_right, range(1, teeth + 1)),
    ):
        yield from (quadrant * 10 + position for position in positions)


PERMANENT_TEETH = tuple(_around(1, 2, 3, 4, _PERMANENT))
PRIMARY_TEETH = tuple(_around(5, 6, 7, 8, _PRIMARY))
_UNIVERSAL = {fdi: str(index + 1) for index, fdi in enumerate(PERMANENT_TEETH)} | {
    fdi: chr(ord("A") + index) for index, fdi in enumerate(PRIMARY_TEETH)
}
_SIDES = {1: "R", 4: "R", 5: "R", 8: "R", 2: "L", 3: "L", 6: "L", 7: "L"}


def is_tooth(fdi: int) -> bool:
    """Whether a number is an FDI designation: 11-18, 21-28, 31-38, 41-48; primary 51-55, 61-65, 71-75, 81-85."""
    return fdi in _UNIVERSAL


def universal_of(fdi: int) -> str:
    """FDI -> Universal: 11 -> "8", 36 -> "19", 55 -> "A". Raises KeyError for what is not a tooth."""
    return _UNIVERSAL[fdi]


def side_of(fdi: int) -> str:
    """The patient's side, as DICOM's Laterality says it: "R" or "L". Raises KeyError for what is not a tooth."""
    return _SIDES[fdi // 10]
