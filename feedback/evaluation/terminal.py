"""Evaluations as tables for a terminal."""

from collections.abc import Iterator, Sequence

from feedback.evaluation.agreement import agreement_sentence
from feedback.evaluation.block_values import value
from feedback.evaluation.box_blocks import OVERLAPS, RATES, contender_name
from feedback.evaluation.document import EvaluationDocument
from feedback.evaluation.numbers import Json


def summary_text(document: EvaluationDocument) -> str:
    """The summary as a table for a terminal, baselines beside the headline figures."""
    dataset = document.dataset
    heading = (
        f"{document.model['name']} {document.model['version']} on {dataset.name} {dataset.split}: "
        f"{dataset.n_images} films of {dataset.n_groups} groups"
    )
    rows = [f"  {name:<44} {value(found)}{_beside(document, name)}" for name, found in document.summary.items()]
    if document.pointing:
        found = document.pointing
        yardsticks = ", ".join(
            f"{words} {found[name]:.3f}"
            for name, words in (
                ("mean_box_area", "mean box area"),
                ("centre_rate", "image centre"),
                ("best_fixed_rate", "best fixed point"),
            )
        )
        rows.append(f"  {'pointing yardsticks':<44} {yardsticks}")
    if gate := document.sections.get("gate"):
        rows.append(f"  {'explainability gate':<44} {'passed' if gate['passed'] else 'FAILED'}: {gate['reason']}")
    rows += _froc_rows(document)
    if agreement := document.sections.get("agreement"):
        rows.append(f"  {'agreement of map and box':<44} {agreement_sentence(agreement)}")
    counts = document.sections["data"]["counts"]
    left = {name: counts[name] for name in ("not_analysed", "failed", "refused") if counts[name]}
    rows.append(f"  {'films analysed':<44} {counts['analysed']}{f' (left out: {left})' if left else ''}")
    rows += [f"  note: {notice}" for notice in document.sections["data"]["notices"]]
    return "\n".join([heading, *rows])


def _beside(document: EvaluationDocument, name: str) -> str:
    """ "   (metadata .65, mean grey .78, ...)" beside an AUC: over all films, or over like pairs."""
    target = name.removesuffix("_like_pairs").removesuffix("_auc")
    metrics = document.sections.get("targets", {}).get(target)
    if metrics is None or not name.startswith(f"{target}_auc") or name.endswith("hardware"):
        return ""
    part = "like pairs" if name.endswith("_like_pairs") else "all"
    found = [
        f"{kind.replace('_', ' ')} {entry[part]['value']:.3f}"
        for kind, entry in metrics["confounders"].items()
        if kind != "version" and entry.get(part) and entry[part]["value"] is not None
    ]
    return f"   ({', '.join(found)})" if found else ""


def comparison_texts(documents: Sequence[EvaluationDocument]) -> Iterator[str]:
    """One table a pair of detectors, told from the first one's side."""
    told: set[frozenset[str]] = set()
    for document in documents:
        for comparison in document.sections.get("head_to_head", []):
            pair = frozenset({comparison["own_name"], contender_name(comparison)})
            if pair not in told:
                told.add(pair)
                yield _comparison_text(comparison)


def _comparison_text(comparison: Json) -> str:
    heading = (
        f"{comparison['own_name']} against {contender_name(comparison)} on {comparison['n_films']} films of "
        f"{comparison['n_groups']} groups that both analysed"
    )
    rows = [
        f"  {row['title']:<44} {value(row['own'])} against {value(row['other'])}\n"
        f"  {'':<44} {row['sentence'].removeprefix(row['title']).lstrip(': ')}"
        for row in comparison["figures"]
    ]
    return "\n".join([heading, *rows])


def _froc_rows(document: EvaluationDocument) -> Iterator[str]:
    labels = document.sections.get("detection", {}).get("labels", {})
    measured = {label: found for label, found in labels.items() if "not_measured" not in found}
    if measured:
        yield f"  {'FROC, false boxes a film':<44} {''.join(f'{rate:<6}' for rate in RATES)}".rstrip()
    for label, found in measured.items():
        for overlap in OVERLAPS:
            points = found[f"overlap_{overlap}"]["froc"]
            values = "".join(f"{point['value']:<6.3f}" for point in points)
            yield f"  {f'{label} found at overlap {overlap}':<44} {values}".rstrip()
