"""The saved report: one HTML file that asks nothing of any network and holds no picture of a film."""

from collections.abc import Sequence
from html import escape

from feedback.evaluation.block_values import Block, Heading, Paragraph, Plot, Table, value
from feedback.evaluation.blocks import evaluation_blocks
from feedback.evaluation.document import EvaluationDocument

NOTICE = (
    "Assistive only: a qualified reader decides. Not a cleared medical device, not evaluated in clinical use. Nothing "
    "here is a clinical claim."
)
STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1b2733; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid #d5dde3; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid #e3e9ee; vertical-align: top; }
th { background: #f2f6f8; font-weight: 600; } svg { max-width: 100%; height: auto; }
.notice { background: #fff6e5; border-left: 4px solid #c2571a; padding: .5rem .9rem; }
.plots { display: flex; flex-wrap: wrap; gap: .8rem; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def report_html(documents: Sequence[EvaluationDocument], labels: Sequence[Sequence[str]]) -> str:
    """The documents of one run below each other.

    Args:
        labels: of each document's version, in the version's order.
    """
    title = f"Evaluation: {documents[0].case_type}, {documents[0].dataset.name} {documents[0].dataset.split}"
    parts = [part for document, names in zip(documents, labels, strict=True) for part in _version(document, names)]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f'<h1>{escape(title)}</h1><p class="notice">{escape(NOTICE)}</p>{"".join(parts)}</body></html>\n'
    )


def _version(document: EvaluationDocument, labels: Sequence[str]) -> list[str]:
    model, dataset = document.model, document.dataset
    facts = (
        f"SHA-256 {model['sha256']}. {dataset.n_images} films of {dataset.n_groups} patients or groups, split "
        f"{dataset.split}, digest {dataset.digest}. Made {document.created} by commit {document.software}."
    )
    rows = tuple((name.replace("_", " "), value(found)) for name, found in document.summary.items())
    blocks = [
        Table(("figure", "value [95 % interval]"), rows),
        *evaluation_blocks(document.sections, labels, every_plot=True),
    ]
    body = "".join(_html(block) for block in blocks)
    return [
        f"<section><h2>{escape(model['name'])} {escape(model['version'])}</h2><p>{escape(facts)}</p>{body}</section>"
    ]


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h2>{escape(block.text)}</h2>"
    if isinstance(block, Paragraph):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Plot):
        return block.svg
    head = "".join(f"<th>{escape(cell)}</th>" for cell in block.header)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
