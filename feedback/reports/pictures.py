"""Key images on paper: the frame, the heatmap over it, and boxes as lines that stay sharp at any size."""

import io
from dataclasses import dataclass

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from feedback.reports.blocks import KeyImage, Mark, Whose
from feedback.reports.fonts import BOLD, printable

GROUND = HexColor(0x0A0C0F)


@dataclass(frozen=True, slots=True)
class Line:
    """How a box is drawn: colour, and dashes in points (none: solid)."""

    colour: Color
    dashes: tuple[float, ...] = ()


LINES: dict[Whose, Line] = {
    "model": Line(HexColor(0xB79CFF)),
    "reader": Line(HexColor(0xFFFFFF)),
    "rejected": Line(HexColor(0xA9B2BD), (3, 2)),
}
_THICK, _HALO, _TAG = 1.1, 2.3, 7.0


class KeyPicture(Flowable):
    """One key image, as large as the room allows without stretching it.

    A corner (x, y) of a box, pixels of the stored frame with (0, 0) at the top-left corner of its first pixel, is
    drawn at (x * scale, height - y * scale) points of the picture: PDF's y axis points up.
    """

    def __init__(self, image: KeyImage, *, width: float, height: float) -> None:
        super().__init__()
        self.image = image
        self.scale = min(width / image.columns, height / image.rows)
        self.width, self.height = image.columns * self.scale, image.rows * self.scale

    def wrap(self, *available: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.drawImage(_reader(self.image.grey), 0, 0, self.width, self.height)
        if self.image.heatmap is not None:
            canvas.drawImage(_reader(self.image.heatmap), 0, 0, self.width, self.height, mask="auto")
        canvas.setStrokeColor(GROUND)
        canvas.setLineWidth(0.3)
        canvas.rect(0, 0, self.width, self.height, stroke=1, fill=0)
        for mark in self.image.marks:
            self._box(mark)
        for mark in self.image.marks:
            self._tag(mark)

    def _corners(self, mark: Mark) -> tuple[float, float, float, float]:
        """Left, bottom, width, height in points."""
        box = mark.box
        return (
            box.left * self.scale,
            self.height - box.bottom * self.scale,
            box.width * self.scale,
            box.height * self.scale,
        )

    def _box(self, mark: Mark) -> None:
        """A dark halo first: a film may be white there."""
        canvas, line = self.canv, LINES[mark.whose]
        canvas.saveState()
        canvas.setStrokeColor(GROUND, alpha=0.6)
        canvas.setLineWidth(_HALO)
        canvas.rect(*self._corners(mark), stroke=1, fill=0)
        canvas.setStrokeColor(line.colour, alpha=1)
        canvas.setLineWidth(_THICK)
        canvas.setDash(*([list(line.dashes)] if line.dashes else []))
        canvas.rect(*self._corners(mark), stroke=1, fill=0)
        canvas.restoreState()

    def _tag(self, mark: Mark) -> None:
        """The mark's word on a dark ground, above the box's left corner, or inside it at the picture's edge."""
        words = printable(mark.words)
        if not words:
            return
        canvas = self.canv
        left, bottom, _, tall = self._corners(mark)
        wide, high = stringWidth(words, BOLD, _TAG) + 4, _TAG + 3
        left = max(0.0, min(left, self.width - wide))
        base = max(0.0, min(bottom + tall, self.height - high))
        canvas.saveState()
        canvas.setFillColor(GROUND, alpha=0.85)
        canvas.rect(left, base, wide, high, stroke=0, fill=1)
        canvas.setFillColor(LINES[mark.whose].colour, alpha=1)
        canvas.setFont(BOLD, _TAG)
        canvas.drawString(left + 2, base + 2.4, words)
        canvas.restoreState()


class Swatch(Flowable):
    """How a box of somebody's looks, for the legend."""

    def __init__(self, whose: Whose) -> None:
        super().__init__()
        self.whose = whose
        self.width, self.height = 7 * mm, 4 * mm

    def draw(self) -> None:
        canvas, line = self.canv, LINES[self.whose]
        canvas.setFillColor(GROUND)
        canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        canvas.setStrokeColor(line.colour)
        canvas.setLineWidth(_THICK)
        canvas.setDash(*([list(line.dashes)] if line.dashes else []))
        canvas.rect(1.5 * mm, 0.8 * mm, self.width - 3 * mm, self.height - 1.6 * mm, stroke=1, fill=0)


class ColourBar(Flowable):
    """The colours of a heatmap from its low to its high end."""

    def __init__(self, stops: tuple[tuple[int, int, int], ...], *, width: float) -> None:
        super().__init__()
        self.stops = stops
        self.width, self.height = width, 3 * mm

    def draw(self) -> None:
        colours = [Color(red / 255, green / 255, blue / 255) for red, green, blue in self.stops]
        path = self.canv.beginPath()
        path.rect(0, 0, self.width, self.height)
        self.canv.saveState()
        self.canv.clipPath(path, stroke=0)
        self.canv.linearGradient(0, 0, self.width, 0, colours, extend=False)
        self.canv.restoreState()


def _reader(data: bytes) -> ImageReader:
    try:
        return ImageReader(io.BytesIO(data))
    except OSError as error:
        raise ValueError("a key image is no picture") from error
