"""The plots of report and card, from the document alone: curves and bars, never a picture of a film."""

from collections.abc import Sequence

from feedback.evaluation.numbers import Json
from feedback.evaluation.svg import (
    BAND,
    FAINT,
    MAIN,
    SECOND,
    Axes,
    bar,
    dot,
    drawn,
    legend,
    line,
    polyline,
    text,
)

FOREST_ROW = 20


def roc_plot(metrics: Json) -> str:
    """ROC curve with the stored operating point where it lies on these films."""
    value = metrics["auc"]
    axes = Axes(f"ROC: {metrics['title']}", "1 - specificity", "sensitivity")
    words = f"AUC {value['value']:.3f} [{_two(value['low'])}, {_two(value['high'])}]"
    parts = [line(axes, (0, 0), (1, 1), dashed=True), polyline(axes, metrics["roc"])]
    entries = [(MAIN, words)]
    point = metrics.get("operating_point")
    if point and point["sensitivity"]["value"] is not None and point["specificity"]["value"] is not None:
        x, y = 1 - point["specificity"]["value"], point["sensitivity"]["value"]
        parts.append(dot(axes, x, y, colour=SECOND, radius=5, hint=f"operating point {point['threshold']:.3f}"))
        entries.append((SECOND, f"operating point {point['threshold']:.3f}"))
    return drawn(axes, [*parts, legend(axes, entries, at=(0.36, 0.14))])


def calibration_plot(metrics: Json) -> str:
    """Observed share by predicted probability, bins of equal count with their 95 % intervals."""
    found = metrics["calibration"]
    axes = Axes(f"Calibration: {metrics['title']}", "predicted probability", "observed share")
    parts = [line(axes, (0, 0), (1, 1), dashed=True)]
    for predicted, observed, low, high, n in found["bins"]:
        parts.append(line(axes, (predicted, low), (predicted, high), colour=MAIN))
        parts.append(dot(axes, predicted, observed, hint=f"{n} films: {predicted:.2f} predicted, {observed:.2f} seen"))
    words = f"ECE {found['ece']['value']:.3f}, before calibration {found['ece_before']:.3f}"
    noise = f"a calibrated model would show {found['ece_of_a_calibrated_model']:.3f}"
    return drawn(axes, [*parts, legend(axes, [(MAIN, words), (FAINT, noise)], at=(0.04, 0.95))])


def histogram_plot(metrics: Json) -> str:
    """Share of films per probability, with and without the finding."""
    found = metrics["histogram"]
    series = [(MAIN, "absent", found["negative"]), (SECOND, "present", found["positive"])]
    shares = [[count / max(sum(counts), 1) for count in counts] for _, _, counts in series]
    highest = max((value for values in shares for value in values), default=1.0) or 1.0
    axes = Axes(f"Probabilities: {metrics['title']}", "probability", "share of films", y_range=(0.0, highest * 1.1))
    width = 1 / len(shares[0])
    parts = [
        bar(axes, (index * width, (index + 1) * width), (0.0, value), colour=colour, opacity=0.5)
        for (colour, _, _), values in zip(series, shares, strict=True)
        for index, value in enumerate(values)
        if value > 0
    ]
    point = metrics.get("operating_point")
    if point:
        parts.append(line(axes, (point["threshold"], 0), (point["threshold"], highest * 1.1), dashed=True))
    entries = [(colour, words) for colour, words, _ in series]
    return drawn(axes, [*parts, legend(axes, entries, at=(0.7, highest * 1.02))])


def pointing_plot(pointing: Json) -> str:
    """Hit rate with interval beside mean box area, image centre and best fixed point; a row a label."""
    rows = [*pointing["labels"].items(), ("all", pointing["all"])]
    axes = _rows_axes("Does the map point into the drawn box?", "share of boxed findings", len(rows))
    parts = []
    for row, (name, found) in enumerate(rows):
        parts += _forest_row(axes, row, f"{name.replace('_', ' ')} ({found['n']})", found["hit_rate"])
        for key, colour in (("mean_box_area", FAINT), ("centre_rate", "#5a8f29"), ("best_fixed_rate", SECOND)):
            parts.append(dot(axes, found[key], row + 0.5, colour=colour, radius=3, hint=f"{key}: {found[key]:.3f}"))
    entries = [(MAIN, "map"), (FAINT, "mean box area"), ("#5a8f29", "image centre"), (SECOND, "best fixed point")]
    height = axes.height
    parts += [text(axes.left + 92 * place, height - 26, words, colour=c) for place, (c, words) in enumerate(entries)]
    return drawn(axes, parts, y_ticks=False)


def forest_plot(title: str, rows: Sequence[Json]) -> str:
    """AUC with interval of every part of the films; `rows` as subgroup_metrics gives them."""
    axes = _rows_axes(title, "AUC", len(rows), low=0.3)
    parts = [line(axes, (0.5, 0), (0.5, len(rows)), dashed=True)]
    for row, found in enumerate(rows):
        words = f"{found['factor']} {found['value']} ({found['n_positive']} / {found['n_negative']})"
        parts += _forest_row(axes, row, words, found["auc"])
    return drawn(axes, parts, y_ticks=False)


def _rows_axes(title: str, label: str, rows: int, *, low: float = 0.0) -> Axes:
    return Axes(title, label, "", x_range=(low, 1.0), y_range=(rows, 0.0), width=640, height=96 + FOREST_ROW * rows,
                left=240)  # fmt: skip


def _forest_row(axes: Axes, row: int, words: str, value: Json) -> list[str]:
    found = [text(axes.left - 8, axes.y(row + 0.5) + 4, words, anchor="end")]
    if value is None or value["value"] is None:
        return found
    lowest = axes.x_range[0]
    if value["low"] is not None:
        low, high = max(value["low"], lowest), max(value["high"], lowest)
        found.append(bar(axes, (low, high), (row + 0.35, row + 0.65), colour=BAND, opacity=1.0))
    hint = f"{value['value']:.3f} [{_two(value['low'])}, {_two(value['high'])}]"
    return [*found, dot(axes, max(value["value"], lowest), row + 0.5, hint=hint)]


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
