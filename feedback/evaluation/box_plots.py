"""FROC and precision plots of boxes: one detector at two overlaps, or two detectors at one."""

import math
from collections.abc import Sequence

from feedback.evaluation.block_values import value
from feedback.evaluation.numbers import Json
from feedback.evaluation.svg import MAIN, SECOND, Axes, drawn, legend, polyline
from registry.metrics.box_curves import COCO_RECALLS

FROC_TICKS = tuple(zip(range(-3, 4), ("1/8", "1/4", "1/2", "1", "2", "4", "8"), strict=True))
Curve = tuple[str, Sequence[Sequence[float]]]


def froc_plot(title: str, curves: Sequence[Curve]) -> str:
    """Share of drawn boxes found by false boxes a film, 1/8 to 8 on a logarithmic axis."""
    axes = Axes(title, "false boxes a film", "share of boxes found", x_range=(-3.0, 3.0), x_ticks=FROC_TICKS)
    doubled = [(words, [(math.log2(rate), found) for rate, found in points]) for words, points in curves]
    return _curves(axes, doubled, at=(0.2, 0.16))


def precision_plot(title: str, curves: Sequence[tuple[str, Sequence[float]]]) -> str:
    """The best precision at each recall or beyond; the area under it is COCO's average precision."""
    axes = Axes(title, "recall", "precision")
    placed = [(words, list(zip(COCO_RECALLS.tolist(), values, strict=True))) for words, values in curves]
    return _curves(axes, placed, at=(0.3, 0.95))


def own_plots(label: str, found: Json) -> tuple[str, str]:
    """FROC at both overlaps, and precision at .5, of one detector."""
    words = label.replace("_", " ")
    froc = [(f"overlap {name}", found[f"overlap_{name}"]["curve"]) for name in ("0.5", "0.3")]
    precision = [(f"AP50 {value(found['ap_50'])}", found["curves"]["precision"])]
    return froc_plot(f"FROC: {words}", froc), precision_plot(f"Precision: {words}", precision)


def both_plots(label: str, comparison: Json, *, own_name: str) -> tuple[str, str]:
    """FROC and precision at overlap .5 of two detectors on the same films."""
    words, curves = label.replace("_", " "), comparison["curves"][label]
    against = comparison["against"]
    names = (own_name, f"{against['name']} {against['version']}")
    froc, precision = (
        [(name, curves[side][kind]) for name, side in zip(names, ("own", "other"), strict=True)]
        for kind in ("froc", "precision")
    )
    return froc_plot(f"FROC: {words}", froc), precision_plot(f"Precision: {words}", precision)


def _curves(axes: Axes, curves: Sequence[Curve], *, at: tuple[float, float]) -> str:
    coloured = list(zip((MAIN, SECOND), curves, strict=False))
    parts = [polyline(axes, [(x, y) for x, y in points], colour=colour) for colour, (_, points) in coloured]
    return drawn(axes, [*parts, legend(axes, [(colour, words) for colour, (words, _) in coloured], at=at)])
