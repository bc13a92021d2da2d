"""Blocks -> reportlab's flowables: type, spacing, tables."""

from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Paragraph, Spacer
from reportlab.platypus import PageBreak as Break
from reportlab.platypus import Table as Grid

from feedback.reports.blocks import (
    Block,
    ColourScale,
    Facts,
    Heading,
    KeyImage,
    Legend,
    PageBreak,
    Pictures,
    Table,
    Text,
)
from feedback.reports.fonts import BODY, BOLD, printable
from feedback.reports.pages import INK, LINE, MARK, MUTED
from feedback.reports.pictures import ColourBar, KeyPicture, Swatch

Room = tuple[float, float]
_PANEL = HexColor(0xF2F4F6)
LONGEST_CAPTION = 400


def _style(name: str, font: str = BODY, size: float = 9, colour: Any = INK, **more: Any) -> ParagraphStyle:
    leading = round(size * 1.35, 2)
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, textColor=colour, **more)


HEADINGS = {1: _style("section", BOLD, 11.5), 2: _style("subsection", BOLD, 9.5)}
LOOKS = {
    "body": _style("body"),
    "small": _style("small", size=7.5, colour=MUTED),
    "strong": _style("strong", BOLD, 10),
    "warning": _style("warning", size=9, colour=MARK),
}
NAME = _style("name", size=7.5, colour=MUTED)
VALUE = _style("value")
CELL = {"left": _style("cell", size=8), "right": _style("cell-right", size=8, alignment=TA_RIGHT)}
HEAD = {
    "left": _style("head", BOLD, 7.5, MUTED, alignment=TA_LEFT),
    "right": _style("head-right", BOLD, 7.5, MUTED, alignment=TA_RIGHT),
}


def flowables(blocks: Sequence[Block], *, room: Room) -> list[Flowable]:
    """What reportlab lays out, in order; room: (width, height) of a page's body in points."""
    made: list[Flowable] = []
    for block, following in zip(blocks, [*blocks[1:], None], strict=False):
        if isinstance(block, Heading):
            made += _heading(block, keep=_height_of_start(following, room))
        else:
            made += _MADE_BY[type(block)](block, room)
    return made


def _height_of_start(block: Block | None, room: Room) -> float:
    """How much of what follows a heading belongs on its page: a row of pictures, or a few lines."""
    if not isinstance(block, Pictures) or not block.images:
        return 30 * mm
    return max(picture.height for picture in _row_of(block, block.images, room)) + 40 * mm


def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """The text as it is: nothing in it is markup; its line breaks are kept."""
    return Paragraph(escape(printable(text)).replace("\n", "<br/>"), style)


class _Section(Paragraph):
    """A heading that stands in the outline of the document."""

    def draw(self) -> None:
        key = f"section-{self.canv.getPageNumber()}-{self.plain}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(self.plain, key, level=0)
        super().draw()

    @property
    def plain(self) -> str:
        return str(self.getPlainText(identify=True))


def _heading(block: Heading, *, keep: float) -> list[Flowable]:
    words = escape(printable(block.text))
    made = _Section(words, HEADINGS[1]) if block.level == 1 else Paragraph(words, HEADINGS[2])
    return [CondPageBreak(keep), Spacer(0, (5 if block.level == 1 else 3) * mm), made, Spacer(0, 1.5 * mm)]


def _text(block: Text, room: Room) -> list[Flowable]:
    made = paragraph(block.text, LOOKS[block.look])
    if block.look != "warning":
        return [made, Spacer(0, 1.5 * mm)]
    barred = Grid(
        [[made]], colWidths=[room[0]], splitInRow=1, style=[("LINEBEFORE", (0, 0), (0, -1), 2, MARK), *_PADDING]
    )
    return [barred, Spacer(0, 1.5 * mm)]


_PADDING: list[Any] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 5),
    ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def _facts(block: Facts, room: Room) -> list[Flowable]:
    cells: list[list[Any]] = [[paragraph(name, NAME), paragraph(value or "–", VALUE)] for name, value in block.pairs]
    while len(cells) % block.columns:
        cells.append(["", ""])
    rows = [sum(cells[start : start + block.columns], []) for start in range(0, len(cells), block.columns)]
    if not rows:
        return []
    each = room[0] / block.columns
    name = min(each * 0.3, 27 * mm)
    widths = [name, each - name] * block.columns
    padding = [*_PADDING, ("LEFTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 1.2)]
    return [Grid(rows, colWidths=widths, splitInRow=1, style=padding), Spacer(0, 1.5 * mm)]


def _table(block: Table, room: Room) -> list[Flowable]:
    if any(len(row) != len(block.columns) for row in block.rows):
        raise ValueError("a row of a table has not as many cells as it has columns")
    if not block.rows:
        return _text(Text(block.empty), room)
    head = [paragraph(column.name, HEAD[column.align]) for column in block.columns]
    body = [
        [paragraph(cell, CELL[column.align]) for cell, column in zip(row, block.columns, strict=True)]
        for row in block.rows
    ]
    total = sum(column.share for column in block.columns)
    widths = [room[0] * column.share / total for column in block.columns]
    ruled = [("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("BACKGROUND", (0, 0), (-1, 0), _PANEL)]
    return [
        Grid([head, *body], colWidths=widths, repeatRows=1, splitInRow=1, style=[*_PADDING, *ruled]),
        Spacer(0, 2 * mm),
    ]


def _pictures(block: Pictures, room: Room) -> list[Flowable]:
    across = _across(block)
    each = room[0] / across
    unpadded = [*_PADDING, ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    made: list[Flowable] = []
    for start in range(0, len(block.images), across):
        images = block.images[start : start + across]
        cells: list[Any] = [
            [picture, Spacer(0, 1 * mm), paragraph(_short(picture.image.caption), CELL["left"])]
            for picture in _row_of(block, images, room)
        ]
        cells += [""] * (across - len(cells))
        made += [KeepTogether(Grid([cells], colWidths=[each] * across, style=unpadded)), Spacer(0, 1.5 * mm)]
    return made


def _across(block: Pictures) -> int:
    return max(1, min(block.across, len(block.images)))


def _row_of(block: Pictures, images: Sequence[KeyImage], room: Room) -> list[KeyPicture]:
    """The first pictures of these that stand side by side, as large as the row allows."""
    across = _across(block)
    wide, tall = room[0] / across - 4 * mm, min(block.max_height_mm * mm, room[1] - 30 * mm)
    return [KeyPicture(image, width=wide, height=tall) for image in images[:across]]


def _short(caption: str) -> str:
    """A caption stays with its picture on one page: it has room for a few lines."""
    return caption if len(caption) <= LONGEST_CAPTION else f"{caption[: LONGEST_CAPTION - 1]}…"


def _legend(block: Legend, room: Room) -> list[Flowable]:
    cells: list[Any] = [cell for whose, words in block.entries for cell in (Swatch(whose), paragraph(words, NAME))]
    each = (room[0] - len(block.entries) * 9 * mm) / max(1, len(block.entries))
    widths = [9 * mm, each] * len(block.entries)
    return [Grid([cells], colWidths=widths, style=_PADDING), Spacer(0, 1 * mm)] if cells else []


def _scale(block: ColourScale, room: Room) -> list[Flowable]:
    bar = ColourBar(block.stops, width=40 * mm)
    row = [paragraph(block.low, HEAD["right"]), bar, paragraph(block.high, HEAD["left"])]
    rest = (room[0] - 44 * mm) / 2
    return [Grid([row], colWidths=[rest, 44 * mm, rest], style=_PADDING), Spacer(0, 1 * mm)]


def _page_break(block: PageBreak, room: Room) -> list[Flowable]:
    return [Break()]


_MADE_BY: dict[type, Callable[[Any, Room], list[Flowable]]] = {
    Facts: _facts,
    Text: _text,
    Table: _table,
    Pictures: _pictures,
    Legend: _legend,
    ColourScale: _scale,
    PageBreak: _page_break,
}
