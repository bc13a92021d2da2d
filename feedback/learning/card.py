"""The model card: what a version is, what it was measured to do, what it must not be used for. Made from its spec."""

from typing import Any

from feedback.learning.recipes import ClassifierRecipe, DetectorRecipe
from registry.runtime.values import ModelSpec, OperatingPoint

NOTICE = (
    "Assistive only: a qualified reader decides. Not a cleared medical device, not evaluated in clinical use. Nothing "
    "here is a clinical claim."
)


def classifier_card(recipe: ClassifierRecipe, spec: ModelSpec) -> str:
    """Markdown; `{sha256}` is left for the file's digest."""
    metrics = spec.training["metrics"]
    parts = [
        *_head(recipe, spec),
        *_classifier_numbers(spec, metrics),
        *_operating_points(spec),
        *_pointing(metrics.get("pointing", {})),
        *_strata(metrics.get("strata", {})),
        *_triage(spec, metrics.get("triage")),
        *_familiarity(spec, metrics),
        *_tail(recipe, spec),
    ]
    return "\n".join(parts) + "\n"


def detector_card(recipe: DetectorRecipe, spec: ModelSpec) -> str:
    """Markdown; `{sha256}` is left for the file's digest."""
    metrics = spec.training["metrics"]
    rows = []
    for label, found in metrics["labels"].items():
        rows += [f"| {label}: {name.replace('_', ' ')} | {_value(found[name])} |" for name in sorted(found)]
    table = [
        *_readings(metrics),
        "| measure | value [95 % interval over groups] |",
        "|---|---|",
        *rows,
        "",
    ]
    note = [
        "A number behind a measure is the overlap (IoU) that counts as found. The operating point and the calibration "
        "come from a slice of the train groups that the network never saw; a box counts as right there at IoU .3.",
        "",
        _inversion(metrics),
        "",
    ]
    return "\n".join([*_head(recipe, spec), *table, *note, *_operating_points(spec), *_tail(recipe, spec)]) + "\n"


def _head(recipe: ClassifierRecipe | DetectorRecipe, spec: ModelSpec) -> list[str]:
    return [
        f"# {spec.name} {spec.version}",
        "",
        f"**{NOTICE}**",
        "",
        f"* Task: {spec.task}; case types: {', '.join(spec.case_types)}; labels: {', '.join(spec.labels)}",
        f"* Intended use: {recipe.intended_use}",
        f"* Not for: {'; '.join(recipe.not_for)}",
        f"* Architecture: `{spec.architecture}` {spec.architecture_options}, input {spec.input.size} px",
        "",
    ]


def _tail(recipe: ClassifierRecipe | DetectorRecipe, spec: ModelSpec) -> list[str]:
    facts = spec.training
    train, hold_out = facts["train"], facts["hold_out"]
    return [
        "## Provenance",
        "",
        "* File SHA-256: `{sha256}`",
        f"* Commit: `{facts['commit']}`",
        f"* Command: `{facts['command']}`",
        f"* Started: {facts['started']}; seed {facts['seed']}",
        f"* Train: {recipe.terms.name}, split train, {train['n_images']} images of {train['n_groups']} groups, "
        f"digest `{train['digest']}`",
        f"* Hold-out: split val, {hold_out['n_images']} images of {hold_out['n_groups']} groups, "
        f"digest `{hold_out['digest']}`",
        "* A digest is SHA-256 over the sorted SHA-256 of the files.",
        f"* Licence of the data: {train['licence']}. Attribution: {train['attribution']}.",
        f"* Backbone: {facts['backbone']}",
    ]


def _classifier_numbers(spec: ModelSpec, metrics: dict[str, Any]) -> list[str]:
    header = (
        "| label | positives | AUC | linear probe | mean grey | ECE raw -> calibrated | sensitivity | specificity |"
    )
    rows = [
        f"| {label} | {found['n_positive']} | {_value(found['auc'])} | {_value(found['auc_linear_probe'])} | "
        f"{_number(found['auc_mean_grey'])} | "
        f"{_number(found['calibration_error_raw'])} -> {_number(found['calibration_error'])} | "
        f"{_number(found['sensitivity'])} | {_number(found['specificity'])} |"
        for label, found in metrics["labels"].items()
    ]
    return [
        *_readings(metrics),
        f"{metrics['n_images']} images of {metrics['n_groups']} patients or near-duplicate groups; 95 % intervals by "
        "resampling these. The linear probe, on the same frozen features and train images, is the floor.",
        "",
        header,
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Mean over labels: {_value(metrics['mean_auc'])}; linear probe {_value(metrics['mean_auc_linear_probe'])}.",
        "",
    ]


def _readings(metrics: dict[str, Any]) -> list[str]:
    """How often val was looked at: more than once means that the figures may flatter a little."""
    times = metrics["hold_out_readings"]
    often = (
        f"Read {times} times in all, earlier states of this version included; what was tried was chosen out of fold."
    )
    return ["## Hold-out (split `val`)", "", "Read once, at the end." if times == 1 else often, ""]


def _operating_points(spec: ModelSpec) -> list[str]:
    rows = [f"| {label} | {_point(point)} |" for label, point in spec.operating_points.items()]
    if spec.triage is not None:
        rows += [
            f"| triage urgent | {_point(spec.triage.urgent)} |",
            f"| triage flagged | {_point(spec.triage.flagged)} |",
        ]
    return [
        "## Operating points (fitted, with the rates they had where they were chosen)",
        "",
        "| label | threshold on the probability | sensitivity | specificity | chosen for |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _point(point: OperatingPoint) -> str:
    sensitivity, specificity = (
        f"{_number(value)} [{_number(low)}, {_number(high)}]"
        for value, (low, high) in (
            (point.sensitivity, point.sensitivity_interval),
            (point.specificity, point.specificity_interval),
        )
    )
    return f"{point.threshold:.4f} | {sensitivity} | {specificity} | {point.chosen_for}"


def _pointing(pointing: dict[str, dict[str, float]]) -> list[str]:
    rows = [
        f"| {label} | {found['n']} | {_number(found['hit_rate'])} | {_number(found['mean_box_area'])} | "
        f"{_number(found['centre_rate'])} | {_number(found['best_fixed_rate'])} |"
        for label, found in pointing.items()
    ]
    return [
        "## Does the heatmap point at the drawn box? (pointing game)",
        "",
        "| label | boxed images | peak in box | mean box area | image centre | best fixed point, in hindsight |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ]


def _strata(strata: dict[str, Any]) -> list[str]:
    rows = [
        f"| {name.replace(' | ', ', ')} | {_value(found['network'])} | {_value(found['linear_probe'])} |"
        for name, found in strata.items()
    ]
    return ["## Apart by stratum (AUC)", "", "| stratum | network | linear probe |", "|---|---|---|", *rows, ""]


def _triage(spec: ModelSpec, triage: dict[str, Any] | None) -> list[str]:
    if triage is None:
        return []
    rows = [
        f"| {name.replace('_', ' ')} | {_value(found)} |"
        for name, found in sorted(triage.items())
        if name != "given_out"
    ]
    given = triage["given_out"]
    table = [
        f"| {name} | {' | '.join(map(str, row))} |"
        for name, row in zip(("normal", "flagged", "urgent"), given["reference_by_given"], strict=True)
    ]
    assert spec.triage is not None
    return [
        "## Triage",
        "",
        f"Reference standard: {spec.triage.sentence_source}. Ours, not a clinical standard. Like pairs: same view, "
        "mean grey within 10 of 255; mean grey alone is the confounder to beat.",
        "",
        "| AUC | value [95 % interval over patients] |",
        "|---|---|",
        *rows,
        "",
        "Given out at the operating points (rows: reference):",
        "",
        "| | normal | flagged | urgent |",
        "|---|---|---|---|",
        *table,
        "",
    ]


def _familiarity(spec: ModelSpec, metrics: dict[str, Any]) -> list[str]:
    assert spec.familiarity is not None
    rejected = [f"* {name}: {_number(share)} not analysed" for name, share in metrics.get("unfamiliar", {}).items()]
    return [
        "## What it was not made for",
        "",
        f"A frame whose pooled features lie beyond the {spec.familiarity.quantile:.3f} quantile of the train distances "
        f"({spec.familiarity.n_images} images, each measured without its own group) is not analysed.",
        "",
        *rejected,
        "",
        _inversion(metrics),
        "",
    ]


def _inversion(metrics: dict[str, Any]) -> str:
    found = metrics["inversion"]
    return (
        f"Inversion rule on `val`: {_number(found['upright_wrongly_turned'])} of upright films wrongly turned over, "
        f"{_number(found['negatives_turned_back'])} of negatives turned back."
    )


def _value(found: Any) -> str:
    if found is None:
        return "-"
    if isinstance(found, dict):
        return f"{_number(found['value'])} [{_number(found['low'])}, {_number(found['high'])}]"
    return _number(found)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
