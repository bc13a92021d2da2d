"""What a printed document is made of: frozen values, no layout. Pure: no Django, no database, no clock."""

from dataclasses import dataclass, field
from typing import Literal

from imaging.pipeline.values import BoundingBox

NOTICE = "Assistive only. A clinician decides every case."

Whose = Literal["model", "reader", "rejected"]
"""Whose word a box is: solid violet, solid white, dashed grey."""


@dataclass(frozen=True, slots=True)
class PageFrame:
    """What stands on every page.

    Attributes:
        title: head of the document and its metadata title.
        place: who issues it (site and organisation), beside the title.
        audit_reference: under which the export stands in the audit trail.
        issued: when, in words with the time zone; issued_seconds: the same in seconds since 1970 (UTC), for metadata.
        mark: a word across every page, "DRAFT" say; "" for none.
        subject: for the metadata. No name, no patient id: metadata is shown where the page is not.
    """

    title: str
    place: str
    audit_reference: str
    issued: str
    issued_seconds: int = 0
    mark: str = ""
    subject: str = ""
    notice: str = NOTICE
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Heading:
    """level 1: a section, in the outline too; level 2: below it."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, in `columns` columns, read row by row. An empty value is shown as a dash."""

    pairs: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; line breaks are kept. look: body, small (muted), strong, or warning (a bar at its left)."""

    text: str
    look: Literal["body", "small", "strong", "warning"] = "body"


@dataclass(frozen=True, slots=True)
class Column:
    """share: of the page's width, relative to the other columns'."""

    name: str
    share: float = 1.0
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """Cells wrap; the head is repeated on every page. Without a row, the words of `empty` stand in its place."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Mark:
    """A box on a key image, corners in pixels of the stored frame, and the short word at its corner ("1")."""

    box: BoundingBox
    words: str
    whose: Whose = "model"


@dataclass(frozen=True, slots=True)
class KeyImage:
    """A frame with what was said of it.

    Attributes:
        grey: the frame as displayed, PNG or JPEG, of any size: it covers the whole frame.
        columns, rows: of the picture as it is drawn: what the boxes are measured in. Pixels of the stored frame where
            these are square (feedback/reports/shape.py).
        heatmap: RGBA PNG over the whole frame, or None.
        description: what a reader of the screen is told the picture shows.
    """

    grey: bytes = field(repr=False)
    columns: float
    rows: float
    caption: str
    heatmap: bytes | None = field(default=None, repr=False)
    marks: tuple[Mark, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Key images side by side, `across` in a row, none higher than max_height_mm; a picture is never split."""

    images: tuple[KeyImage, ...]
    across: int = 2
    max_height_mm: float = 100.0


@dataclass(frozen=True, slots=True)
class ColourScale:
    """What the colours of a heatmap stand for.

    Attributes:
        stops: (red, green, blue), 0 to 255, evenly spaced from the low to the high end.
    """

    stops: tuple[tuple[int, int, int], ...]
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Legend:
    """What the boxes of the key images stand for."""

    entries: tuple[tuple[Whose, str], ...]


@dataclass(frozen=True, slots=True)
class PageBreak:
    """The next block begins a page."""


Block = Heading | Facts | Text | Table | Pictures | ColourScale | Legend | PageBreak
