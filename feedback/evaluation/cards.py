"""The model card: what a version is, what it was measured to do, what it must not be used for. Made, never typed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedback.evaluation.block_values import Block, Heading, Paragraph, Plot, Table, number, value
from feedback.evaluation.blocks import evaluation_blocks
from feedback.evaluation.document import EvaluationDocument
from feedback.evaluation.failures import failure_blocks
from feedback.evaluation.report import NOTICE
from feedback.learning.recipes import RECIPES
from registry.runtime.values import ModelSpec, OperatingPoint

CARD_PLOTS = Path("docs") / "model_cards"
LOOKED_AT = "looked_at.md"  # beside a card's plots: what a person saw on its contact sheets
NOT_FOR = (
    "screening or diagnosis without a reader",
    "ruling anything out: an empty result is not a normal film",
    "case types, body parts or projections other than those it names",
)
IMAGENET = (
    "ImageNet's images were gathered for non-commercial research and education; the authors of the pretrained weights "
    "give the weights under Apache-2.0. Whether weights inherit the terms of images is not settled: a user who needs "
    "certainty asks counsel."
)


@dataclass(frozen=True, slots=True)
class Card:
    """Markdown, and the SVG files that it shows, by file name."""

    markdown: str
    plots: dict[str, str] = field(repr=False)


def card_write(documents: Sequence[EvaluationDocument], spec: ModelSpec, *, plots_at: str, seen: str = "") -> Card:
    """The card of one version from its evaluations (the first leads) and its specification.

    Args:
        plots_at: relative path from the card to the folder of its plots.
        seen: what a person saw on its contact sheets, in Markdown.
    """
    first = documents[0]
    blocks: list[Block] = [*_head(spec, first)]
    for document in documents:
        blocks += _measured(document, spec)
    blocks += [Heading("Looked at by a person"), Paragraph(seen)] if seen else []
    blocks += [*failure_blocks(documents), *_familiarity(spec), *_provenance(spec, documents)]
    plots = {f"{block.name}.svg": block.svg for block in blocks if isinstance(block, Plot)}
    text = "\n".join(_markdown(block, plots_at) for block in blocks)
    return Card(f"# {spec.name} {spec.version}\n\n**{NOTICE}**\n\n{text}", plots)


def card_store(card: Card, spec: ModelSpec, *, folder: Path, repository: Path) -> Path:
    """Write the card beside the artefact and its plots under docs/model_cards; returns the card's path."""
    stem = f"{spec.name}-{spec.version}"
    plots = repository / CARD_PLOTS / stem
    plots.mkdir(parents=True, exist_ok=True)
    for stale in plots.glob("*.svg"):
        stale.unlink()
    for name, svg in card.plots.items():
        (plots / name).write_text(svg, encoding="utf-8")
    path = folder / f"{stem}.md"
    path.write_text(card.markdown, encoding="utf-8")
    return path


def seen_by_a_person(spec: ModelSpec, *, repository: Path) -> str:
    """What somebody wrote down who looked at the version's contact sheets; empty when nobody has."""
    path = repository / CARD_PLOTS / f"{spec.name}-{spec.version}" / LOOKED_AT
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def plots_path(spec: ModelSpec, *, folder: Path, repository: Path) -> str:
    """Relative path from the folder of the cards to this version's plots."""
    up = len(folder.resolve().relative_to(repository.resolve()).parts)
    return "/".join([*[".."] * up, *CARD_PLOTS.parts, f"{spec.name}-{spec.version}"])


def _head(spec: ModelSpec, document: EvaluationDocument) -> list[Block]:
    recipe = RECIPES.get(spec.name)
    intended = spec.training.get("intended_use") or getattr(recipe, "intended_use", "") or _generic_use(spec)
    not_for = spec.training.get("not_for") or getattr(recipe, "not_for", ()) or NOT_FOR
    facts = [
        ("intended use", intended),
        ("must not be used for", "; ".join(not_for)),
        ("task", spec.task),
        ("case types", ", ".join(name.replace("_", " ") for name in spec.case_types)),
        ("labels", ", ".join(label.replace("_", " ") for label in spec.labels)),
        ("architecture", f"`{spec.architecture}`, input {spec.input.size} px, one grey channel repeated three times"),
        ("file SHA-256", f"`{document.model['sha256']}`"),
    ]
    return [Table(("", ""), tuple(facts))]


def _generic_use(spec: ModelSpec) -> str:
    what = "Boxes around" if spec.task == "detector" else "Probabilities of"
    labels = ", ".join(label.replace("_", " ") for label in spec.labels)
    return f"{what} {labels} on images of the case types below, to order and support a reader's work."


def _measured(document: EvaluationDocument, spec: ModelSpec) -> list[Block]:
    dataset = document.dataset
    rows = tuple((name.replace("_", " "), value(found)) for name, found in document.summary.items())
    return [
        Heading(f"Measured on {dataset.name}, split {dataset.split}"),
        Paragraph(
            f"{dataset.n_images} films of {dataset.n_groups} patients or near-duplicate groups, digest "
            f"`{dataset.digest}`. 95 % intervals by resampling these ({document.sections['data']['resamples']} times). "
            "Films went through the pipeline that serves."
        ),
        Table(("figure", "value [95 % interval]"), rows),
        *evaluation_blocks(document.sections, spec.labels, every_plot=False),
    ]


def _familiarity(spec: ModelSpec) -> list[Block]:
    if spec.familiarity is None:
        return []
    found = spec.familiarity
    return [
        Heading("What it was not made for"),
        Paragraph(
            f"A frame whose pooled features lie beyond the {found.quantile:.3f} quantile of the train distances "
            f"({found.n_images} images, each measured without its own group) is not analysed."
        ),
    ]


def _provenance(spec: ModelSpec, documents: Sequence[EvaluationDocument]) -> list[Block]:
    facts: dict[str, Any] = spec.training
    train = facts.get("train", {})
    files = train.get("files")
    rows = [
        ("commit", f"`{facts.get('commit', 'unknown')}`"),
        ("command", f"`{facts.get('command', 'unknown')}`"),
        ("started; seed", f"{facts.get('started', 'unknown')}; {facts.get('seed', 'unknown')}"),
        ("trained on", _trained_on(train, files)),
        ("manifest", f"`{spec.name}-{spec.version}.manifest.txt`, SHA-256 `{train.get('digest', 'unknown')}`"),
        ("licence of the data", train.get("licence", "unknown")),
        ("attribution", train.get("attribution", "unknown")),
        ("pretrained weights", facts.get("backbone", "unknown")),
        ("evaluated", "; ".join(f"{d.created}, commit `{d.software}`" for d in documents)),
    ]
    blocks: list[Block] = [Heading("Provenance"), Table(("", ""), tuple((name, str(said)) for name, said in rows))]
    if "imagenet" in str(facts.get("backbone", "")).lower():
        blocks.append(Paragraph(IMAGENET))
    if facts.get("out_of_fold"):
        blocks += [
            Paragraph("Chosen by these figures, out of fold on train, before any other split was opened:"),
            Table(("figure", "value"), tuple(_flat(facts["out_of_fold"]))),
        ]
    points = [*spec.operating_points.items()]
    if spec.triage is not None and spec.triage.kind == "softmax":
        points += [("triage urgent", spec.triage.urgent), ("triage flagged", spec.triage.flagged)]
        blocks.append(
            Paragraph(f"Reference standard of the triage: {spec.triage.sentence_source}. Not a clinical one.")
        )
    return [*blocks, Paragraph("Operating points, with the rates they had where they were chosen:"), _points(points)]


def _trained_on(train: dict[str, Any], files: dict[str, int] | None) -> str:
    labelled = f"{train.get('n_images', '?')} labelled images of {train.get('n_groups', '?')} patients or groups"
    if not files:
        return f"{labelled}, split train"
    return f"{labelled}; files that touched the weights: {', '.join(f'{name} {n}' for name, n in files.items())}"


def _points(points: Sequence[tuple[str, OperatingPoint]]) -> Table:
    rows = [
        (
            name.replace("_", " "),
            f"{point.threshold:.4f}",
            _rate(point.sensitivity, point.sensitivity_interval),
            _rate(point.specificity, point.specificity_interval),
            f"{point.n_positive} / {point.n_negative}",
            point.chosen_for,
        )
        for name, point in points
    ]
    return Table(("label", "threshold", "sensitivity", "specificity", "with / without", "chosen for"), tuple(rows))


def _rate(found: float, interval: tuple[float, float]) -> str:
    return f"{number(found)} [{number(interval[0])}, {number(interval[1])}]"


def _flat(figures: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, found in figures.items():
        path = f"{before} {name}".strip().replace("_", " ")
        if isinstance(found, dict) and "value" in found:
            rows.append((path, value(found)))
        elif isinstance(found, dict):
            rows += _flat(found, path)
        elif isinstance(found, int | float) or found is None:
            rows.append((path, number(found)))
        else:
            rows.append((path, str(found)))
    return rows


def _markdown(block: Block, plots_at: str) -> str:
    if isinstance(block, Heading):
        return f"## {block.text}\n"
    if isinstance(block, Paragraph):
        return f"{block.text}\n"
    if isinstance(block, Plot):
        return f"![{block.name.replace('-', ': ')}]({plots_at}/{block.name}.svg)\n"
    lines = [_row(block.header), _row(["---"] * len(block.header)), *(_row(row) for row in block.rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
