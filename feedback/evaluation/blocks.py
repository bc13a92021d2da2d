"""What report and card say of a document, as blocks that either can render: headings, sentences, tables, plots."""

from collections.abc import Iterator, Sequence

from feedback.evaluation import plots
from feedback.evaluation.block_values import Block, Heading, Paragraph, Plot, Table, number, value
from feedback.evaluation.box_blocks import agreement_blocks, detection_blocks, head_to_head_blocks
from feedback.evaluation.numbers import Json
from feedback.evaluation.targets import ANY_FINDING, URGENT, URGENT_NORMAL

HEADLINES = (URGENT_NORMAL, ANY_FINDING)
CONFOUNDERS = ("version", "metadata", "mean_grey", "file_size", "thumbnail", "linear_probe")
PLOTTED = 6  # contrasts whose curves are drawn on a card


def evaluation_blocks(sections: Json, labels: Sequence[str], *, every_plot: bool) -> Iterator[Block]:
    """Everything that was measured; a card draws the headline contrasts only, a report every one."""
    targets = sections.get("targets", {})
    if targets:
        yield from _headline_blocks(sections, headline_names(targets, labels))
        yield from _label_blocks(sections, labels)
        yield from _point_blocks(targets)
        yield from _triage_blocks(sections)
        names = list(targets) if every_plot else plotted_names(targets, labels)
        yield from _plot_blocks(targets, names)
    if sections.get("pointing"):
        yield from _pointing_blocks(sections)
    elif targets:
        yield Heading("Does the map point into the drawn box?")
        yield Paragraph(f"No box is drawn on these films. {sections['gate']['reason']}")
    if sections.get("sanity"):
        yield from _sanity_blocks(sections["sanity"])
    yield from _subgroup_blocks(sections, headline_names(targets, labels))
    if sections.get("detection"):
        yield from detection_blocks(sections["detection"])
    for comparison in sections.get("head_to_head", []):
        yield from head_to_head_blocks(comparison)
    if sections.get("agreement"):
        yield from agreement_blocks(sections["agreement"])
    yield from _data_blocks(sections["data"])


def headline_names(targets: Json, labels: Sequence[str]) -> list[str]:
    """The triage contrasts where there are some, else up to four labels."""
    found = [name for name in HEADLINES if name in targets]
    return found or [label for label in labels if label in targets][:4]


def plotted_names(targets: Json, labels: Sequence[str]) -> list[str]:
    """The contrasts whose curves a card shows."""
    triage = [name for name in (*HEADLINES, URGENT) if name in targets]
    return (triage or [label for label in labels if label in targets])[:PLOTTED]


def _headline_blocks(sections: Json, names: Sequence[str]) -> Iterator[Block]:
    yield Heading("Against what can be had without reading the film (AUC)")
    yield Paragraph(
        "95 % intervals by resampling patients or groups. Like pairs: pairs of films of the same view whose mean grey "
        f"differs by at most 10 of 255. The baselines are {sections['confounders_are']}."
    )
    for name in names:
        found = sections["targets"][name]["confounders"]
        kinds = [kind for kind in CONFOUNDERS if kind in found]
        header = (sections["targets"][name]["title"], *(found[kind]["title"] for kind in kinds))
        parts = dict.fromkeys(part for kind in kinds for part in found[kind] if part != "title")
        yield Table(header, tuple((part, *(value(found[kind].get(part)) for kind in kinds)) for part in parts))
        against = sections["targets"][name]["auc_counting_not_analysed_as_wrong"]
        yield Paragraph(f"With every film that was not analysed counted against the version: {value(against)}.")


def _label_blocks(sections: Json, labels: Sequence[str]) -> Iterator[Block]:
    rows = []
    for label in (label for label in labels if label in sections["targets"]):
        found = sections["targets"][label]
        confounders = found["confounders"]
        rows.append(
            (
                found["title"],
                f"{found['n_positive']} / {found['n_negative']}",
                value(found["auc"]),
                value(found["like_pairs"]),
                number(found["average_precision"]),
                *(value(confounders[name]["all"]) if name in confounders else "-" for name in CONFOUNDERS[1:]),
            )
        )
    header = ("label", "with / without", "AUC", "like pairs", "average precision", "metadata", "mean grey", "file size",
              "thumbnail", "linear probe")  # fmt: skip
    yield Heading("Labels")
    yield Table(header, tuple(rows))
    yield Paragraph(f"Mean AUC over these labels: {value(sections['mean_auc'])}.")
    if sections.get("without_hardware"):
        found = sections["without_hardware"]
        words = "; ".join(f"{label.replace('_', ' ')} {value(found[label])}" for label in labels if label in found)
        yield Paragraph(f"Without films that show hardware: {words}.")


def _point_blocks(targets: Json) -> Iterator[Block]:
    rows = []
    for found in targets.values():
        point = found.get("operating_point")
        calibration = found.get("calibration")
        if point is None or calibration is None:
            continue
        chosen = point["where_chosen"]
        rows.append(
            (
                found["title"],
                f"{point['threshold']:.4f}",
                value(point["sensitivity"]),
                value(point["specificity"]),
                f"{value(chosen['sensitivity'])}; {value(chosen['specificity'])}",
                point["chosen_for"],
                f"{number(calibration['ece_before'])} -> {value(calibration['ece'])}",
                number(calibration["ece_of_a_calibrated_model"]),
            )
        )
    yield Heading("Operating points and calibration")
    yield Table(
        ("contrast", "threshold", "sensitivity here", "specificity here", "both where it was chosen", "chosen for",
         "ECE before -> after", "of a calibrated model"),
        tuple(rows),
    )  # fmt: skip
    yield Paragraph(
        "ECE: expected calibration error, ten bins of equal count. A perfectly calibrated model shows the error of the "
        "last column on so few films by chance. The triage ECE of the summary is that of urgent against the rest."
    )


def _triage_blocks(sections: Json) -> Iterator[Block]:
    table = sections.get("triage_given_out")
    if not table:
        return
    names = list(next(iter(table.values())))
    yield Heading("Triage given out (rows: reference standard)")
    yield Table(("", *names), tuple((row, *(str(given[name]) for name in names)) for row, given in table.items()))


def _plot_blocks(targets: Json, names: Sequence[str]) -> Iterator[Block]:
    yield Heading("Curves")
    for name in names:
        found = targets[name]
        yield Plot(f"roc-{name}", plots.roc_plot(found))
        if "calibration" in found:
            yield Plot(f"calibration-{name}", plots.calibration_plot(found))
            yield Plot(f"probabilities-{name}", plots.histogram_plot(found))


def _pointing_blocks(sections: Json) -> Iterator[Block]:
    pointing = sections["pointing"]
    yield Heading("Does the map point into the drawn box?")
    yield Paragraph(
        f"{'Passes' if sections['gate']['passed'] else 'FAILS'} the explainability gate: {sections['gate']['reason']} "
        f"{pointing['n_boxed_films_not_analysed']} boxed films were not analysed and are left out. A map without any "
        "positive contribution is a miss. The best fixed point is chosen with hindsight."
    )
    header = ("label", "boxed films", "peak in box", "mean box area", "image centre", "best fixed point",
              "peak in box when called (n)", "energy in box")  # fmt: skip
    rows = [*pointing["labels"].items(), ("all", pointing["all"])]
    yield Table(header, tuple(_pointing_row(name.replace("_", " "), found) for name, found in rows))
    energy = sections.get("energy")
    if energy:
        parts = [
            f"{words} {value(energy[name])} ({energy[name]['n_maps']} maps)"
            for name, words in (("on_border", "on the outer 5 % of the frame"), ("on_markers", "on burned-in markers"))
            if name in energy
        ]
        yield Paragraph(
            f"Share of a called label's positive contributions: {'; '.join(parts)}. The outer 5 % are "
            f"{number(energy['border_area'])} of the frame."
        )
    yield Plot("pointing", plots.pointing_plot(pointing))


def _pointing_row(name: str, found: Json) -> tuple[str, ...]:
    return (
        name,
        str(found["n"]),
        value(found["hit_rate"]),
        number(found["mean_box_area"]),
        number(found["centre_rate"]),
        number(found["best_fixed_rate"]),
        f"{value(found['hit_rate_when_called'])} ({found['n_called']})",
        value(found["energy_in_box"]),
    )


def _sanity_blocks(sanity: Json) -> Iterator[Block]:
    yield Heading("Sanity test: the same maps with random weights")
    yield Paragraph(sanity["sentence"])


def _subgroup_blocks(sections: Json, headlines: Sequence[str]) -> Iterator[Block]:
    rows = sections.get("subgroups") or []
    if not rows:
        return
    yield Heading("Subgroups")
    yield Paragraph("Parts of the films with at least five with and five without. Small parts have wide intervals.")
    cells = tuple(
        (
            f"{row['factor'].replace('_', ' ')}: {row['value']}",
            row["title"],
            f"{row['n_positive']} / {row['n_negative']}",
            value(row["auc"]),
            value(row.get("sensitivity")),
            value(row.get("specificity")),
        )
        for row in rows
    )
    yield Table(("part", "contrast", "with / without", "AUC", "sensitivity", "specificity"), cells)
    for name in headlines:
        own = [row for row in rows if row["target"] == name]
        if own:
            yield Plot(f"subgroups-{name}", plots.forest_plot(f"Subgroups: {own[0]['title']}", own))


def _data_blocks(data: Json) -> Iterator[Block]:
    counts = data["counts"]
    yield Heading("Films")
    reasons = "; ".join(f"{reason}: {n}" for reason, n in sorted(counts["reasons"].items()))
    fixed = "; ".join(f"{name}: {n}" for name, n in sorted(counts["corrections"].items()))
    yield Paragraph(
        f"{counts['analysed']} analysed, {counts['not_analysed']} not analysed, {counts['failed']} failed, "
        f"{counts['refused']} not readable{f' ({reasons})' if reasons else ''}. Figures are over analysed films; "
        "beside them stands what holds when the others count against the version."
        f"{f' Set right before reading: {fixed}.' if fixed else ''}"
    )
    for notice in data["notices"]:
        yield Paragraph(notice)
