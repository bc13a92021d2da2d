"""The weakest figures of a document as sentences: nobody has to remember to write them down."""

from collections.abc import Iterator, Sequence

from feedback.evaluation.agreement import agreement_sentence
from feedback.evaluation.block_values import Block, Heading, Paragraph, number, value
from feedback.evaluation.box_blocks import contender_name
from feedback.evaluation.document import EvaluationDocument
from feedback.evaluation.numbers import Json


def failure_blocks(documents: Sequence[EvaluationDocument]) -> list[Block]:
    """The weakest figures, found in the documents: nobody has to remember to write them down."""
    found = [sentence for document in documents for sentence in known_failures(document)]
    return [Heading("Known failures"), *(Paragraph(sentence) for sentence in found)] if found else []


def known_failures(document: EvaluationDocument) -> list[str]:
    """Sentences about weak labels, confounded contrasts, maps that do not point, and boxes that are not found."""
    return [*_weak_contrasts(document.sections), *_weak_maps(document.sections), *_weak_boxes(document.sections)]


def _weak_contrasts(sections: Json) -> Iterator[str]:
    for metrics in sections.get("targets", {}).values():
        low = metrics["auc"]["low"]
        if low is not None and low < 0.6:
            yield f"{metrics['title'].capitalize()}: AUC {value(metrics['auc'])}; hardly better than chance."
        rivals = [
            (name, found["all"]["value"])
            for name, found in metrics["confounders"].items()
            if name != "version" and found["all"] and found["all"]["value"] is not None
        ]
        name, best = max(rivals, key=lambda rival: rival[1], default=("", 0.0))
        if best >= metrics["auc"]["value"]:
            title = metrics["confounders"][name]["title"]
            yield f"{metrics['title'].capitalize()}: {title} reaches {number(best)}, which is not less."
        if metrics["like_pairs"] and metrics["auc"]["value"] - metrics["like_pairs"]["value"] > 0.05:
            yield (
                f"{metrics['title'].capitalize()}: over like pairs {value(metrics['like_pairs'])}, so a part of "
                f"{number(metrics['auc']['value'])} comes from view and exposure."
            )


def _weak_maps(sections: Json) -> Iterator[str]:
    for label, found in ((sections.get("pointing") or {}).get("labels", {})).items():
        rate = found["hit_rate"]["value"]
        if rate is not None and rate <= found["best_fixed_rate"]:
            yield (
                f"{label.replace('_', ' ').capitalize()}: the map points into {number(rate)} of the boxes, a fixed "
                f"point chosen with hindsight into {number(found['best_fixed_rate'])}."
            )
    if sections.get("gate") and not sections["gate"]["passed"]:
        yield f"Explanations: {sections['gate']['reason']}"


def _weak_boxes(sections: Json) -> Iterator[str]:
    for label, found in sections.get("detection", {}).get("labels", {}).items():
        if "not_measured" in found:
            continue
        at_one = next(point for point in found["overlap_0.5"]["froc"] if point["false_boxes_per_film"] == 1.0)
        if at_one["value"] < 0.5:
            name = label.replace("_", " ").capitalize()
            yield f"{name}: at one false box a film {value(at_one)} of the drawn boxes are found, more are missed."
    for comparison in sections.get("head_to_head", []):
        for row in comparison["figures"]:
            if row["verdict"] == "worse":
                yield f"Against {contender_name(comparison)}: {row['sentence']}"
    agreement = sections.get("agreement")
    if agreement and agreement["overlap_0.5"]["verdict"] not in {"better", None}:
        yield agreement_sentence(agreement)
