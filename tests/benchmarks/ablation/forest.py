"""A forest plot of every variant's mean difference, as SVG; it shows no film."""

from collections.abc import Callable, Sequence
from html import escape

from tests.benchmarks.ablation.comparison import MEAN_OF_ALL, Difference
from tests.benchmarks.ablation.report import Study

WIDTH, LEFT, RIGHT, ROW, HEAD = 860, 300, 30, 22, 46
COLOURS = ("#1f5fa8", "#b3541e", "#3d7a3d")
SMALLEST_REACH = 0.01


def forest_svg(studies: Sequence[Study]) -> str:
    """One panel a kind, one row a variant, one mark an anatomy; filled marks hold after the correction."""
    anatomies = list(dict.fromkeys(study.anatomy for study in studies))
    colours = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(anatomies)}
    parts, top = [_legend(colours)], 34.0
    for kind in dict.fromkeys(study.kind for study in studies):
        panel, height = _panel(kind, [study for study in studies if study.kind == kind], colours, top)
        parts, top = [*parts, *panel], top + height
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:.0f}" width="{WIDTH}"'
            f' height="{top:.0f}" font-family="system-ui, sans-serif" font-size="13" role="img"'
            ' aria-label="Mean difference in AUC of every variant, with 95 % intervals">',
            f'<rect width="{WIDTH}" height="{top:.0f}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _legend(colours: dict[str, str]) -> str:
    parts, x = [], float(LEFT)
    for name, colour in colours.items():
        parts.append(f'<circle cx="{x:.0f}" cy="16" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{x + 10:.0f}" y="20" fill="#222222">{escape(name)}</text>')
        x += 90
    parts.append(f'<text x="{x:.0f}" y="20" fill="#555555">filled: holds after the correction; hollow: does not</text>')
    return "".join(parts)


def _panel(kind: str, studies: list[Study], colours: dict[str, str], top: float) -> tuple[list[str], float]:
    rows = list(dict.fromkeys(variant for study in studies for variant in study.variants))
    bottom = top + HEAD + ROW * len(rows)
    found = {(study.anatomy, name): study.at(name, MEAN_OF_ALL) for study in studies for name in study.variants}
    low = min(-SMALLEST_REACH, *(entry.low for entry in found.values()))
    high = max(SMALLEST_REACH, *(entry.high for entry in found.values()))

    def x_of(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    reference = studies[0].reference
    parts = [
        f'<text x="12" y="{top + 22:.0f}" font-weight="600" fill="#222222">{escape(kind.capitalize())}</text>',
        _pointer(reference, x_of(0), top + 36),
        f'<line x1="{x_of(0):.1f}" x2="{x_of(0):.1f}" y1="{top + HEAD - 6:.0f}" y2="{bottom:.0f}" stroke="#999999"/>',
        *_ticks(low, high, bottom, x_of),
    ]
    for number, name in enumerate(rows):
        y = top + HEAD + ROW * (number + 0.5)
        parts.append(f'<text x="{LEFT - 12}" y="{y + 4:.0f}" text-anchor="end" fill="#222222">{escape(name)}</text>')
        marks = [(anatomy, found[anatomy, name]) for anatomy in colours if (anatomy, name) in found]
        for index, (anatomy, entry) in enumerate(marks):
            parts.append(_mark(entry, y + 7 * (index - (len(marks) - 1) / 2), colours[anatomy], x_of))
    return parts, bottom - top + 44


def _pointer(reference: str, x: float, y: float) -> str:
    """Which side is whose; to the left of the axis where there is no room to the right."""
    place = f'x="{x + 6:.0f}"' if x < 0.75 * WIDTH else f'x="{WIDTH - 6}" text-anchor="end"'
    return f'<text {place} y="{y:.0f}" fill="#555555">{escape(reference)} better &#8594;</text>'


def _mark(entry: Difference, y: float, colour: str, x_of: Callable[[float], float]) -> str:
    fill = colour if entry.proven else "#ffffff"
    return (
        f'<line x1="{x_of(entry.low):.1f}" x2="{x_of(entry.high):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"'
        f' stroke-width="1.5"/><circle cx="{x_of(entry.difference):.1f}" cy="{y:.1f}" r="3.5" fill="{fill}"'
        f' stroke="{colour}" stroke-width="1.5"/>'
    )


def _tick(value: float) -> str:
    rounded = round(1000 * value)
    return f"{rounded:+d}" if rounded else "0"


def _ticks(low: float, high: float, bottom: float, x_of: Callable[[float], float]) -> list[str]:
    step = next(step for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / step <= 9)
    first = int(low / step)
    values = [number * step for number in range(first, int(high / step) + 1)]
    marks = [
        f'<line x1="{x_of(value):.1f}" x2="{x_of(value):.1f}" y1="{bottom:.0f}" y2="{bottom + 5:.0f}"'
        f' stroke="#999999"/><text x="{x_of(value):.1f}" y="{bottom + 19:.0f}" text-anchor="middle"'
        f' fill="#555555">{round(1000 * value):+d}</text>'
        for value in values
    ]
    return [
        *marks,
        f'<text x="12" y="{bottom + 19:.0f}" fill="#555555">difference in AUC x 1000, mean of all tests</text>',
    ]
