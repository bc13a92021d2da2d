"""The registry in a terminal and as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from registry.metrics.gate import Verdict
from registry.models import Task
from registry.overview import ROLES, CaseTypeModels, Figure, Place, VersionLine
from registry.wording import family_title, figure_title, figure_words, short, words

EVIDENCE = ("case_type", "family", "role", "routes", "explanation", "evaluation", "engine")
HEADINGS = ("route", "version", "task", "family", "role", "sha-256", "engine", "gate", "measured")


def overview_text(groups: Sequence[CaseTypeModels]) -> str:
    """A table a case type; one line a version, the general route first."""
    if not groups:
        return "No model is registered. `manage.py import_starter_models` registers the shipped ones."
    tables = []
    for group in groups:
        rows = [HEADINGS, *(_row(line) for line in group.lines)]
        tables.append(f"{words(group.case_type)}\n{_columns(rows)}")
    return "\n\n".join(tables)


def line_text(line: VersionLine) -> str:
    """Everything about a version for one case type."""
    version, evaluation, spec = line.version, line.evaluation, line.version.spec
    facts = [
        ("version", f"{version} ({version.task}, {version.architecture}, {version.size_bytes / 1e6:.1f} MB)"),
        ("family", family_title(line.family)),
        ("case type", words(line.case_type)),
        ("sha-256", version.sha256),
        ("role", f"{line.role}: {ROLES[line.role]}"),
        *[("route", _place_text(place)) for place in line.places],
        ("labels", ", ".join(words(label) for label in version.labels)),
        ("calibration", "fitted" if spec.get("operating_points") else "not calibrated here: nothing is ever positive"),
        ("gate", line.verdict.reason),
        ("engine", engine_text(line)),
    ]
    if evaluation is not None:
        of = f"{evaluation.dataset} {evaluation.split}".strip()
        facts.append(("measured", f"{of}, {evaluation.n_images} images, {evaluation.measured_at:%Y-%m-%d}"))
    facts += [("", figure_text(figure, name=figure_title(figure.name))) for figure in line.figures]
    return "\n".join(f"{name:<12} {value}".rstrip() for name, value in facts)


def overview_json(groups: Sequence[CaseTypeModels]) -> list[dict[str, Any]]:
    """The same with full digests and all figures."""
    return [{"case_type": group.case_type, "models": [line_json(line) for line in group.lines]} for group in groups]


def evidence_by_version(groups: Sequence[CaseTypeModels]) -> dict[UUID, list[dict[str, Any]]]:
    """For programs that know the versions already: what each case type has on record about them."""
    evidence: dict[UUID, list[dict[str, Any]]] = {}
    for line in (line for group in groups for line in group.lines):
        known = {"case_type": line.case_type, **line_json(line)}
        entry = {name: known[name] for name in EVIDENCE}
        evidence.setdefault(line.version.id, []).append(entry)
    return evidence


def line_json(line: VersionLine) -> dict[str, Any]:
    """One version for one case type."""
    version, evaluation, engine = line.version, line.evaluation, line.engine
    return {
        "name": version.name,
        "version": version.version,
        "task": version.task,
        "architecture": version.architecture,
        "family": line.family,
        "case_types": version.case_types,
        "state": version.state,
        "role": line.role,
        "sha256": version.sha256,
        "position": line.general.position if line.general else None,
        "routes": [
            {
                "site": place.site,
                "position": place.position,
                "unmeasured_reason": place.unmeasured_reason,
                "from_index": place.from_index,
            }
            for place in line.places
        ],
        "explanation": {
            "passed": line.verdict.passed,
            "measured": line.verdict.measured,
            "reason": line.verdict.reason,
        },
        "evaluation": evaluation
        and {
            "dataset": evaluation.dataset,
            "split": evaluation.split,
            "dataset_digest": evaluation.dataset_digest,
            "n_images": evaluation.n_images,
            "measured_at": evaluation.measured_at.isoformat(),
            "summary": evaluation.summary,
            "pointing": evaluation.pointing,
        },
        "engine": engine
        and {
            "engine": engine.engine,
            "library_version": engine.library_version,
            "parity": engine.parity,
            "milliseconds_per_image": engine.milliseconds_per_image,
        },
    }


def figure_text(figure: Figure, *, name: str = "") -> str:
    """As in "urgent normal AUC .95 [.92-.97]"; under another name when one is given."""
    name = name or figure_words(figure.name)
    if figure.value is None:
        return f"{name} -"
    interval = "" if figure.low is None or figure.high is None else f" [{short(figure.low)}-{short(figure.high)}]"
    return f"{name} {short(figure.value)}{interval}"


def engine_text(line: VersionLine) -> str:
    """Which engine serves, and how fast it was found to be."""
    if line.engine is None:
        return "torch"
    spent = line.engine.milliseconds_per_image
    return line.engine.engine if spent is None else f"{line.engine.engine}, {spent:.0f} ms an image"


def verdict_word(verdict: Verdict, task: str) -> str:
    """One word or two for a column."""
    if task != Task.CLASSIFIER:
        return "no maps"
    if not verdict.measured:
        return "not measured"
    return "passed" if verdict.passed else "FAILED"


def _row(line: VersionLine) -> tuple[str, ...]:
    version, place = line.version, line.general
    own = ", ".join(place.site for place in line.places if place.site)
    return (
        "-" if place is None else str(place.position + 1),
        str(version),
        version.task,
        line.family,
        line.role + (f" ({'also ' if place else ''}at {own})" if own else ""),
        version.sha256[:12],
        line.engine.engine if line.engine else "torch",
        verdict_word(line.verdict, version.task),
        "; ".join(figure_text(figure) for figure in line.headline) or "-",
    )


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_padded(row, widths) for row in rows)


def _padded(row: Iterable[str], widths: Sequence[int]) -> str:
    return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _place_text(place: Place) -> str:
    text = f"position {place.position + 1} {f'at {place.site}' if place.site else place.where}"
    if place.from_index:
        text += ", as shipped: follows the shipped models of the next release"
    return f"{text}; explanation not measured: {place.unmeasured_reason}" if place.unmeasured_reason else text
