"""The guard's card: what it decides, what it was made of, what it gave out of fold."""

from feedback.evaluation.report import NOTICE
from feedback.learning.backbone import SOURCE
from feedback.learning.guard.recipe import GuardRecipe
from registry.runtime.values import ModelSpec, OperatingPoint


def guard_card(recipe: GuardRecipe, spec: ModelSpec, n_samples: int) -> str:
    """Markdown; {sha256} is left for the artefact's digest."""
    assert spec.guard is not None
    assert spec.familiarity is not None
    train = spec.training["train"]
    tables = (
        ("Read as the case type it was sent as", "right films kept", "others refused", spec.guard.read),
        ("Turned upright", "turned films turned", "upright films left alone", spec.guard.turned),
    )
    return "\n".join(
        [
            f"# {spec.name} {spec.version}",
            "",
            f"**{NOTICE}**",
            "",
            "Looks at every frame before any other model: is it a whole film of what it was sent as, upright, not a",
            "negative. It refuses with a reason or sets the frame right; it never says that a film is normal.",
            "",
            f"* Artefact: SHA-256 {{sha256}}. Architecture: {spec.architecture}, {spec.input.size} px, "
            f"early stages of {SOURCE}, frozen; linear heads trained here.",
            f"* Trained on {train['n_images']} films of {train['n_groups']} patients or groups (train splits), in "
            f"{n_samples} views, and on pictures drawn by this program; no photograph.",
            f"* Licences: {train['licence']}. {train['attribution']}.",
            f"* Manifest: {spec.name}-{spec.version}.manifest.txt, SHA-256 {train['digest']}.",
            f"* Familiar: within {spec.familiarity.threshold:.0f} ({spec.familiarity.quantile:.2%} of left-out films).",
            f"* Not for: {'; '.join(recipe.not_for)}.",
            f"* Made by `{spec.training['command']}` at commit {spec.training['commit']}, {spec.training['started']}.",
            "",
            "All figures out of fold, by patient or group, 95 % intervals. Negatives and turns are simulated; the",
            "panoramics of the set are discs, and the wide films of devices are only imitated.",
            *(line for table in tables for line in _table(*table)),
            "",
            "Negatives are told by the rule on grey values of the model that the film goes to: a rule for all kinds at",
            "once turned over .27 of chest negatives out of fold, this network's own head .24, at the same cost.",
            "",
        ]
    )


def _table(title: str, positive: str, negative: str, points: dict[str, OperatingPoint]) -> list[str]:
    rows = [f"| {case_type.replace('_', ' ')} | {_cells(point)} |" for case_type, point in points.items()]
    return ["", f"## {title}", "", f"| case type | threshold | {positive} | {negative} |", "|---|---|---|---|", *rows]


def _cells(point: OperatingPoint) -> str:
    positive = f"{_rate(point.sensitivity, point.sensitivity_interval)} of {point.n_positive}"
    negative = f"{_rate(point.specificity, point.specificity_interval)} of {point.n_negative}"
    return f"{point.threshold:.3f} | {positive} | {negative}"


def _rate(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.4f} [{interval[0]:.4f}, {interval[1]:.4f}]"
