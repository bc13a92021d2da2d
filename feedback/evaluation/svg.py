"""A few plots as SVG, written by hand: curves and bars only, one look, readable in both colour schemes, no library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 420, 360, 56, 34, 16, 48
INK, FAINT, MAIN, SECOND, BAND = "#1b2733", "#9aa7b3", "#0b6e99", "#c2571a", "#0b6e9933"


@dataclass(frozen=True, slots=True)
class Axes:
    """The area of a plot and its ranges.

    Attributes:
        x_ticks: (place, words), where five even ones would say nothing.
    """

    title: str
    x_label: str
    y_label: str
    x_range: Point = (0.0, 1.0)
    y_range: Point = (0.0, 1.0)
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    x_ticks: tuple[tuple[float, str], ...] = ()

    def x(self, value: float) -> float:
        low, high = self.x_range
        return self.left + (value - low) / (high - low or 1.0) * (self.width - self.left - RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return self.height - BOTTOM - (value - low) / (high - low or 1.0) * (self.height - TOP - BOTTOM)


def drawn(axes: Axes, parts: Sequence[str], *, y_ticks: bool = True) -> str:
    """A whole SVG: frame, ticks, labels, then the parts."""
    body = [_frame(axes), *_x_ticks(axes), *(_y_ticks(axes) if y_ticks else []), *parts]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {axes.width} {axes.height}" width="{axes.width}" '
        f'height="{axes.height}" role="img" aria-label="{escape(axes.title)}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
        f"{text(axes.left, 20, axes.title, weight='bold')}{''.join(body)}"
        f"{text((axes.left + axes.width - RIGHT) / 2, axes.height - 10, axes.x_label, anchor='middle')}"
        f"{_y_title(axes)}</svg>\n"
    )


def polyline(axes: Axes, points: Sequence[Point], *, colour: str = MAIN, dashed: bool = False) -> str:
    """A curve."""
    places = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def bar(axes: Axes, x: Point, y: Point, *, colour: str = MAIN, opacity: float = 0.75) -> str:
    """A rectangle between two values on each axis."""
    left, right = sorted((axes.x(x[0]), axes.x(x[1])))
    top, bottom = sorted((axes.y(y[0]), axes.y(y[1])))
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
        f'fill="{colour}" fill-opacity="{opacity}"/>'
    )


def dot(axes: Axes, x: float, y: float, *, colour: str = MAIN, radius: float = 4.0, hint: str = "") -> str:
    """A point, with a sentence for those who hover or listen."""
    title = f"<title>{escape(hint)}</title>" if hint else ""
    return f'<circle cx="{axes.x(x):.1f}" cy="{axes.y(y):.1f}" r="{radius}" fill="{colour}">{title}</circle>'


def line(axes: Axes, start: Point, end: Point, *, colour: str = FAINT, dashed: bool = False, thick: float = 1) -> str:
    """A straight line between two places."""
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<line x1="{axes.x(start[0]):.1f}" y1="{axes.y(start[1]):.1f}" x2="{axes.x(end[0]):.1f}" '
        f'y2="{axes.y(end[1]):.1f}" stroke="{colour}" stroke-width="{thick}"{dash}/>'
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal", colour: str = INK) -> str:
    """Words at a place in pixels."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def legend(axes: Axes, entries: Sequence[tuple[str, str]], *, at: Point) -> str:
    """(colour, words) below each other from a place on the axes."""
    x, y = axes.x(at[0]), axes.y(at[1])
    return "".join(
        f'<rect x="{x:.1f}" y="{y + 16 * row - 9:.1f}" width="10" height="10" fill="{colour}"/>'
        f"{text(x + 15, y + 16 * row, words)}"
        for row, (colour, words) in enumerate(entries)
    )


def _frame(axes: Axes) -> str:
    right, bottom = axes.width - RIGHT, axes.height - BOTTOM
    return (
        f'<rect x="{axes.left}" y="{TOP}" width="{right - axes.left}" height="{bottom - TOP}" fill="none" '
        f'stroke="{FAINT}"/>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Five even places."""
    return [low + (high - low) * step / 4 for step in range(5)]


def _x_ticks(axes: Axes) -> list[str]:
    bottom = axes.height - BOTTOM
    places = axes.x_ticks or tuple((value, _short(value)) for value in ticks(*axes.x_range))
    return [text(axes.x(value), bottom + 16, words, anchor="middle") for value, words in places]


def _y_ticks(axes: Axes) -> list[str]:
    return [text(axes.left - 6, axes.y(value) + 4, _short(value), anchor="end") for value in ticks(*axes.y_range)]


def _y_title(axes: Axes) -> str:
    middle = (TOP + axes.height - BOTTOM) / 2
    return (
        f'<text transform="translate(14 {middle:.1f}) rotate(-90)" text-anchor="middle" fill="{INK}">'
        f"{escape(axes.y_label)}</text>"
    )


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2g}"
