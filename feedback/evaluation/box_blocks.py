"""What report and card say of boxes: a detector's own figures, another beside it, and what its agreement is worth."""

from collections.abc import Iterator

from feedback.evaluation.agreement import agreement_sentence
from feedback.evaluation.block_values import Block, Heading, Paragraph, Plot, Table, number, value
from feedback.evaluation.box_figures import AP_PREFIX, figure_title
from feedback.evaluation.box_plots import both_plots, own_plots
from feedback.evaluation.numbers import Json
from imaging.pipeline.join import BOTH, BOX_ONLY, MAP_ONLY

RATES = ("1/8", "1/4", "1/2", "1", "2", "4", "8")
OVERLAPS = ("0.5", "0.3")


def detection_blocks(detection: Json) -> Iterator[Block]:
    """Over all labels, then label by label."""
    yield Heading("Boxes")
    if "not_measured" in detection:
        yield Paragraph(detection["not_measured"])
        return
    several = len(detection["labels"]) > 1
    rows = tuple(
        (figure_title(name), value(found))
        for name, found in detection["figures"].items()
        if several or not name.startswith(AP_PREFIX)
    )
    yield Table(("over all labels" if several else "figure", "value"), rows)
    measured = {label: found for label, found in detection["labels"].items() if "not_measured" not in found}
    for label, found in detection["labels"].items():
        if label not in measured:
            yield Paragraph(f"{label.replace('_', ' ')}: {found['not_measured']}.")
    if measured:
        yield Paragraph("Share of drawn boxes found at so many false boxes a film (FROC):")
        header = ("label, overlap", *(f"{rate} a film" for rate in RATES))
        yield Table(header, tuple(row for label, found in measured.items() for row in _froc_rows(label, found)))
    for label, found in measured.items():
        yield from _label_blocks(label, found)


def head_to_head_blocks(comparison: Json) -> Iterator[Block]:
    """Another detector on the same films; every difference paired."""
    name = contender_name(comparison)
    yield Heading(f"Head to head: {comparison['own_name']} against {name}")
    yield Paragraph(
        f"{comparison['n_films']} films of {comparison['n_groups']} patients or groups that both analysed, behind the "
        "same classifier. Differences are taken resample by resample; what an interval does not keep apart from 0 is "
        "not told apart."
    )
    rows = tuple(
        (row["title"], value(row["own"]), value(row["other"]), value(row["difference"]), row["sentence"])
        for row in comparison["figures"]
    )
    yield Table(("figure", comparison["own_name"], name, "difference", "in words"), rows)
    for label in comparison["curves"]:
        froc, precision = both_plots(label, comparison, own_name=comparison["own_name"])
        stem = f"{label}-against-{name}".replace(" ", "-").replace(".", "-")
        yield Plot(f"froc-{stem}", froc)
        yield Plot(f"precision-{stem}", precision)


def agreement_blocks(agreement: Json) -> Iterator[Block]:
    """Whether the mark beside a joined finding means anything."""
    yield Heading("Is the agreement of classifier and detector worth anything?")
    yield Paragraph(
        f"Share of positive boxes that hit a drawn one. {agreement_sentence(agreement)} Of "
        f"{agreement[MAP_ONLY]['n']} labels that the classifier called without any box "
        f"{value(agreement[MAP_ONLY])} were on the film."
    )
    rows = []
    for overlap in OVERLAPS:
        found = agreement[f"overlap_{overlap}"]
        rows.append(
            (
                f"overlap {overlap}",
                *(f"{value(found[kind])} ({found[kind]['n']} boxes)" for kind in (BOTH, BOX_ONLY)),
                value(found["difference"]),
                value(found["auc_of_agreement"]),
            )
        )
    header = ("", "map agrees", "box only", "difference", "AUC of the agreement for a hit")
    yield Table(header, tuple(rows))


def contender_name(comparison: Json) -> str:
    """The other detector."""
    return f"{comparison['against']['name']} {comparison['against']['version']}"


def _froc_rows(label: str, found: Json) -> Iterator[tuple[str, ...]]:
    for overlap in OVERLAPS:
        points = found[f"overlap_{overlap}"]["froc"]
        yield (f"{label.replace('_', ' ')}, {overlap}", *(value(point) for point in points))


def _label_blocks(label: str, found: Json) -> Iterator[Block]:
    measures = {
        "average_precision": "area under the step curve",
        "boxes_found": "boxes found at the operating point",
        "false_boxes_per_film": "false boxes a film there",
    }
    rows = tuple(
        (words, *(value(found[f"overlap_{overlap}"].get(measure)) for overlap in OVERLAPS))
        for measure, words in measures.items()
    )
    title = f"{label.replace('_', ' ')}: {found['n_boxes']} boxes on {found['n_films']} films"
    yield Table((title, *(f"overlap {overlap}" for overlap in OVERLAPS)), rows)
    without = found.get("image_auc_without_hardware")
    yield Paragraph(
        f"COCO's average precision: {value(found['ap_50'])} at overlap 0.5, {value(found['ap_50_95'])} over 0.5 to "
        "0.95. "
        f"AUC of the film's best box: {value(found['image_auc'])}"
        f"{f', without hardware {value(without)}' if without else ''}. Calibration error of boxes at overlap 0.3: "
        f"{number(found['calibration']['ece_before'])} -> {number(found['calibration']['ece'])}. "
        f"Operating point: {found.get('chosen_for', 'none')}."
    )
    froc, precision = own_plots(label, found)
    yield Plot(f"froc-{label}", froc)
    yield Plot(f"precision-{label}", precision)
