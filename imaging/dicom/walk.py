"""An iterative walk over the data elements of a data set: bounds are checked before pydicom sees a single byte.

Nothing is decoded here; the walk finds where the wanted elements and the pixel data lie. It never recurses, so nesting
cannot exhaust a stack. Source: DICOM PS3.5 section 7.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct

from pydicom.datadict import dictionary_VR

from imaging.dicom.errors import RefusedFile, refused
from imaging.dicom.limits import DecodeLimits

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_TAGS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}

_LONG_VRS = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
_SHORT_VRS = frozenset(
    [
        "AE",
        "AS",
        "AT",
        "CS",
        "DA",
        "DS",
        "DT",
        "FD",
        "FL",
        "IS",
        "LO",
        "LT",
        "PN",
        "SH",
        "SL",
        "SS",
        "ST",
        "TM",
        "UI",
        "UL",
        "US",
    ]
)
KNOWN_VRS = _LONG_VRS | _SHORT_VRS


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written."""

    implicit: bool
    little: bool

    @property
    def order(self) -> str:
        return "<" if self.little else ">"


@dataclass(frozen=True, slots=True)
class Element:
    """Where one element lies: start of its header, of its value, length of the value or UNDEFINED."""

    tag: int
    vr: str | None
    start: int
    value: int
    length: int


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixel data lies.

    Attributes:
        value, length: of the bytes that are really there; stated_length is what the header says, None when undefined.
        fragments: (offset, length) of every item when encapsulated, the offset table first.
        complete: False when the file ends before the pixel data does.
    """

    keyword: str
    vr: str | None
    value: int
    length: int
    stated_length: int | None
    fragments: tuple[tuple[int, int], ...]
    complete: bool


@dataclass(slots=True)
class DataSetMap:
    """What the walk found: byte ranges of the wanted root elements, the pixel data, and where the data set ends."""

    wanted: list[tuple[int, int]] = field(default_factory=list)
    tags: set[int] = field(default_factory=set)
    pixels: PixelElement | None = None
    end: int = 0
    trailing: bool = False


_LITTLE_HEAD, _BIG_HEAD = Struct("<HH"), Struct(">HH")
_LENGTHS = {("<", 2): Struct("<H"), (">", 2): Struct(">H"), ("<", 4): Struct("<I"), (">", 4): Struct(">I")}


def element_at(data: memoryview, position: int, encoding: Encoding) -> Element:
    """The element header at `position`.

    Raises:
        RefusedFile: truncated_file, unknown_vr.
    """
    if position + 8 > len(data):
        raise refused("truncated_file")
    group, number = (_LITTLE_HEAD if encoding.little else _BIG_HEAD).unpack_from(data, position)
    tag = group << 16 | number
    if group == 0xFFFE or encoding.implicit:
        (length,) = _LENGTHS[encoding.order, 4].unpack_from(data, position + 4)
        return Element(tag, None, position, position + 8, length)
    vr = bytes(data[position + 4 : position + 6]).decode("latin-1")
    if vr in _SHORT_VRS:
        (length,) = _LENGTHS[encoding.order, 2].unpack_from(data, position + 6)
        return Element(tag, vr, position, position + 8, length)
    if vr not in _LONG_VRS:
        raise refused("unknown_vr", tag=tag)
    if position + 12 > len(data):
        raise refused("truncated_file", tag=tag)
    (length,) = _LENGTHS[encoding.order, 4].unpack_from(data, position + 8)
    return Element(tag, vr, position, position + 12, length)


@dataclass(slots=True)
class _Level:
    """An open sequence or item: where it ends (None = at its delimiter), and how its elements are written."""

    is_sequence: bool
    end: int | None
    encoding: Encoding


class Walk:
    """One walk, with its budget of elements."""

    def __init__(self, data: memoryview, limits: DecodeLimits, *, keep: Callable[[int], bool]) -> None:
        self._data = data
        self._limits = limits
        self._keep = keep
        self._count = 0

    def data_set(self, start: int, encoding: Encoding) -> DataSetMap:
        """Walk the root elements from `start` to the end of the data.

        Raises:
            RefusedFile: truncated_file, unknown_vr, nesting_too_deep, too_many_elements, malformed_header,
            duplicate_element.
        """
        found = DataSetMap(end=start)
        position = start
        while position < len(self._data):
            element = self._element(position, encoding)
            if element.tag in PIXEL_TAGS:
                found.pixels = self._pixels(element, encoding)
                found.end = found.pixels.value + found.pixels.length
                found.trailing = not self._is_well_formed(found.end, encoding)
                return found
            position = self._after(element, encoding)
            self._note(found, element, position)
        found.end = position
        return found

    def _note(self, found: DataSetMap, element: Element, end: int) -> None:
        if not self._keep(element.tag):
            return
        if element.tag in found.tags:
            raise refused("duplicate_element", tag=element.tag)
        found.tags.add(element.tag)
        found.wanted.append((element.start, end))

    def _element(self, position: int, encoding: Encoding) -> Element:
        self._count += 1
        if self._count > self._limits.elements:
            raise refused("too_many_elements", expected=self._limits.elements)
        return element_at(self._data, position, encoding)

    def _after(self, element: Element, encoding: Encoding) -> int:
        """The position behind a root element; sequences that are kept, or have no length, are walked through."""
        is_sequence = element.length == UNDEFINED or (self._keep(element.tag) and _is_sequence(element))
        if not is_sequence:
            return self._skip(element)
        return self._through(self._opened(element, encoding, None), element.value)

    def _skip(self, element: Element, end: int | None = None) -> int:
        after = element.value + element.length
        if after > (len(self._data) if end is None else end):
            raise refused("truncated_file", tag=element.tag)
        return after

    def _opened(self, element: Element, encoding: Encoding, parent_end: int | None) -> _Level:
        # PS3.5 6.2.2: a sequence of undefined length under UN is written in implicit little endian.
        inner = Encoding(implicit=True, little=True) if element.vr == "UN" else encoding
        if element.length == UNDEFINED:
            return _Level(element.tag != ITEM, None, inner)
        return _Level(element.tag != ITEM, self._skip(element, parent_end), inner)

    def _through(self, first: _Level, position: int) -> int:
        levels = [first]
        while levels:
            level = levels[-1]
            if level.end is not None and position >= level.end:
                levels.pop()
                continue
            element = self._element(position, level.encoding)
            closes = SEQUENCE_END if level.is_sequence else ITEM_END
            if level.end is None and element.tag == closes:
                position = element.value
                levels.pop()
                continue
            position = self._step(levels, level, element)
        return position

    def _step(self, levels: list[_Level], level: _Level, element: Element) -> int:
        if level.is_sequence != (element.tag == ITEM):
            raise refused("malformed_header", tag=element.tag)
        if element.tag != ITEM and element.length != UNDEFINED and not _is_sequence(element):
            return self._skip(element, level.end)
        # A sequence and its items count once.
        if len(levels) >= 2 * self._limits.nesting + 1:
            raise refused("nesting_too_deep", tag=element.tag, expected=self._limits.nesting)
        levels.append(self._opened(element, level.encoding, level.end))
        return element.value

    def _pixels(self, element: Element, encoding: Encoding) -> PixelElement:
        keyword = PIXEL_TAGS[element.tag]
        if element.length == UNDEFINED:
            return self._encapsulated(element, keyword)
        there = min(element.length, len(self._data) - element.value)
        complete = there == element.length
        return PixelElement(keyword, element.vr, element.value, there, element.length, (), complete)

    def _encapsulated(self, element: Element, keyword: str) -> PixelElement:
        """The items of encapsulated pixel data, PS3.5 A.4; always little endian."""
        fragments: list[tuple[int, int]] = []
        position = element.value
        complete = False
        little = Encoding(implicit=True, little=True)
        while position + 8 <= len(self._data):
            item = self._element(position, little)
            position = item.value
            if item.tag == SEQUENCE_END:
                complete = True
                break
            if item.tag != ITEM or item.length == UNDEFINED:
                raise refused("pixel_data_truncated", tag=element.tag)
            if position + item.length > len(self._data):
                break
            fragments.append((position, item.length))
            position += item.length
        return PixelElement(
            keyword, element.vr, element.value, position - element.value, None, tuple(fragments), complete
        )

    def _is_well_formed(self, position: int, encoding: Encoding) -> bool:
        """Whether the bytes behind the pixel data are elements in ascending order, as padding (FFFC,FFFC) is."""
        previous = 0x7FE00010
        while position < len(self._data):
            if position + 12 > len(self._data):
                return not any(self._data[position:])
            try:
                element = element_at(self._data, position, encoding)
                position = self._skip(element)
            except RefusedFile:
                return False
            if element.tag <= previous:
                return False
            previous = element.tag
        return True


def _is_sequence(element: Element) -> bool:
    if element.vr is not None:
        return element.vr == "SQ"
    try:
        return dictionary_VR(element.tag) == "SQ"
    except KeyError:
        return False
