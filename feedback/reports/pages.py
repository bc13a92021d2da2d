"""The frame of every page: title and place above; notice, audit reference and "page x of y" below; a mark across."""

import time
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from feedback.reports.blocks import PageFrame
from feedback.reports.fonts import BODY, BOLD, printable

INK = HexColor(0x14181D)
MUTED = HexColor(0x4B5663)
LINE = HexColor(0xB9C1CA)
MARK = HexColor(0xA03A1E)
_SIDE = 16 * mm


class NumberedCanvas(Canvas):
    """Keeps its pages until it knows how many there are, then frames each and writes them all."""

    def __init__(self, *arguments: Any, frame: PageFrame, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._frame = frame
        self._pages: list[dict[str, Any]] = []
        self.setViewerPreference("DisplayDocTitle", "true")
        _dated(self._doc._timeStamp, frame.issued_seconds)

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        count = len(self._pages)
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self._frame_drawn(number, count)
            super().showPage()
        super().save()

    def _frame_drawn(self, number: int, count: int) -> None:
        frame = self._frame
        width, height = self._pagesize
        self.saveState()
        self._head(frame, width, height - 18 * mm)
        self._foot(frame, width, f"Page {number} of {count}")
        if frame.mark:
            self.setFillColor(MARK)
            self.setFont(BOLD, 11)
            self.drawCentredString(width / 2, height - 13 * mm, printable(frame.mark))
        self.restoreState()

    def _head(self, frame: PageFrame, width: float, y: float) -> None:
        self.setFillColor(INK)
        self.setFont(BOLD, 9)
        self.drawString(_SIDE, y, printable(frame.title))
        self.setFillColor(MUTED)
        self.setFont(BODY, 8)
        room = width - 2 * _SIDE - stringWidth(printable(frame.title), BOLD, 9) - 6 * mm
        self.drawRightString(width - _SIDE, y, _fitted(printable(frame.place), 8, room))
        self._rule(width, y - 2.5 * mm)

    def _foot(self, frame: PageFrame, width: float, page: str) -> None:
        self._rule(width, 27 * mm)
        self.setFillColor(INK)
        self.setFont(BOLD, 8)
        self.drawString(_SIDE, 22.5 * mm, printable(frame.notice))
        self.setFont(BODY, 8)
        self.drawRightString(width - _SIDE, 22.5 * mm, page)
        self.setFillColor(MUTED)
        self.setFont(BODY, 7)
        self.drawString(_SIDE, 18.5 * mm, printable(f"Audit reference {frame.audit_reference}"))
        self.drawRightString(width - _SIDE, 18.5 * mm, printable(f"Issued {frame.issued}"))

    def _rule(self, width: float, y: float) -> None:
        self.setStrokeColor(LINE)
        self.setLineWidth(0.5)
        self.line(_SIDE, y, width - _SIDE, y)


def mark_across(canvas: Canvas, mark: str) -> None:
    """A large pale word across the page, drawn before what stands on it: films are not tinted by it."""
    width, height = canvas._pagesize
    canvas.saveState()
    canvas.setFillColor(MARK, alpha=0.10)
    canvas.translate(width / 2, height / 2)
    canvas.rotate(55)
    canvas.setFont(BOLD, 110)
    canvas.drawCentredString(0, -38, printable(mark))
    canvas.restoreState()


def _fitted(text: str, size: float, room: float) -> str:
    """The text, its end replaced by an ellipsis where it is longer than the room."""
    if stringWidth(text, BODY, size) <= room:
        return text
    while text and stringWidth(f"{text}…", BODY, size) > room:
        text = text[:-1]
    return f"{text}…"


def _dated(stamp: Any, seconds: int) -> None:
    """The document's own date in place of the clock's: the same document is the same bytes."""
    stamp.t = seconds
    stamp.lt = time.gmtime(seconds)
    stamp.YMDhms = tuple(stamp.lt)[:6]
