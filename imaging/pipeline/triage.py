"""normal, flagged or urgent by the version's fitted rule, and the sentence that says why."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.join import doubt
from imaging.pipeline.values import PredictedFinding, Triage
from registry.runtime.values import TRIAGE_CLASSES, ModelSpec, OperatingPoint, TriageSpec

MOST_NAMED = 3


def triage_scores(
    spec: TriageSpec, *, triage_logits: NDArray[np.float32] | None, probabilities: dict[str, float]
) -> dict[str, float]:
    """Probabilities of normal, flagged and urgent; they sum to 1.

    Raises:
        ValueError: the rule is "softmax" and the network put out no triage logits.
    """
    if spec.kind == "operating_points":
        urgent = probabilities[str(spec.label)]
        return {"normal": 1.0 - urgent, "flagged": 0.0, "urgent": urgent}
    if spec.kind == "any_finding":
        flagged = max(probabilities[label] for label in spec.labels)
        return {"normal": 1.0 - flagged, "flagged": flagged, "urgent": 0.0}
    if triage_logits is None:
        raise ValueError("the version's triage rule needs triage logits")
    scaled = triage_logits.astype(np.float64) / spec.temperature
    weights = np.exp(scaled - scaled.max())
    return dict(zip(TRIAGE_CLASSES, (weights / weights.sum()).tolist(), strict=True))


def triage_class(spec: TriageSpec, scores: dict[str, float]) -> str:
    """normal, flagged or urgent by the version's two operating points (TriageSpec says how)."""
    if spec.urgent is not None and scores["urgent"] >= spec.urgent.threshold:
        return "urgent"
    return "flagged" if scores["urgent"] + scores["flagged"] >= spec.flagged.threshold else "normal"


def triage_of(
    spec: ModelSpec, *, triage_logits: NDArray[np.float32] | None, findings: Sequence[PredictedFinding]
) -> Triage:
    """What the version's triage rule says of one frame.

    Args:
        findings: the version's own, one a label.
    """
    rule = spec.triage
    if rule is None:
        raise ValueError("the version has no triage rule")
    probabilities = {finding.label: finding.probability for finding in findings}
    scores = triage_scores(rule, triage_logits=triage_logits, probabilities=probabilities)
    name = _any_finding_class(spec, rule, probabilities) if rule.kind == "any_finding" else triage_class(rule, scores)
    sentences = [_rule_sentence(rule, name, scores), _findings_sentence(spec, findings, name)]
    return Triage(triage_class=name, reason=" ".join(filter(None, sentences)), scores=scores)


def _any_finding_class(spec: ModelSpec, rule: TriageSpec, probabilities: dict[str, float]) -> str:
    """flagged when one of the rule's labels reaches its own operating point."""
    reached = (probabilities[label] >= spec.operating_points[label].threshold for label in rule.labels)
    return "flagged" if any(reached) else "normal"


def silent_labels(labels: Collection[str], *, kind: str, judged: Collection[str]) -> frozenset[str]:
    """Of a version's labels, those that its rule leaves out of triage on purpose: a filling is no reason to hurry.

    Args:
        kind, judged: TriageSpec.kind and TriageSpec.labels.
    """
    return frozenset(labels) - frozenset(judged) if kind == "any_finding" else frozenset()


def raised_by_boxes(
    triage: Triage, boxes: Sequence[PredictedFinding], spec: ModelSpec, *, silent: Collection[str] = ()
) -> Triage:
    """A box at or above its operating point makes a normal frame a flagged one; the scores stay the classifier's.

    Args:
        boxes: findings with a box of the detector `spec`, joined with the labels: what speaks against one is said.
        silent: labels that never raise (silent_labels).
    """
    positive = [finding for finding in boxes if finding.positive and finding.label not in silent]
    if triage.triage_class != "normal" or not positive:
        return triage
    best = max(positive, key=lambda finding: finding.probability)
    point = spec.operating_points[best.label]
    said = f"a box for {words(best.label)} {compared(best.probability, point)}{doubt(best)}"
    found = f"Raised from normal to flagged: {said}."
    return replace(triage, triage_class="flagged", reason=f"{found} {triage.reason}")


def compared(probability: float, point: OperatingPoint) -> str:
    """As in ".91 is at or above its operating point .37 (sensitivity .90, specificity .84 on 302 films)"."""
    side = "at or above" if probability >= point.threshold else "below"
    value, threshold = _apart(probability, point.threshold)
    measured = f"sensitivity {_two(point.sensitivity)}, specificity {_two(point.specificity)}"
    films = point.n_positive + point.n_negative
    return f"{value} is {side} its operating point {threshold} ({measured} on {films} films)"


def words(label: str) -> str:
    """A label as a reader says it."""
    return label.replace("_", " ")


def _rule_sentence(rule: TriageSpec, name: str, scores: dict[str, float]) -> str:
    if rule.kind != "softmax" or rule.urgent is None:
        return ""
    if name == "urgent":
        return f"Urgent {compared(scores['urgent'], rule.urgent)}."
    either = compared(scores["urgent"] + scores["flagged"], rule.flagged)
    urgent, threshold = _apart(scores["urgent"], rule.urgent.threshold)
    return f"Flagged or urgent {either}; urgent {urgent} is below its own {threshold}."


def _findings_sentence(spec: ModelSpec, findings: Sequence[PredictedFinding], name: str) -> str:
    points = _points_of(spec, name)
    judged = sorted((f for f in findings if f.label in points), key=lambda finding: -finding.probability)
    positive = [f for f in judged if f.probability >= points[f.label].threshold]
    if not positive:
        highest = judged[0] if judged else None
        return f"No finding is above its operating point; the highest, {_about(highest, points)}." if highest else ""
    named = "; ".join(_about(finding, points) for finding in positive[:MOST_NAMED])
    more = f"; {len(positive) - MOST_NAMED} more above theirs" if len(positive) > MOST_NAMED else ""
    return f"{named[0].upper()}{named[1:]}{more}."


def _points_of(spec: ModelSpec, name: str) -> dict[str, OperatingPoint]:
    """The operating points that the sentence quotes: for a rule over one label, that of the class it led to."""
    rule = spec.triage
    if rule is None or rule.kind == "softmax" or rule.label is None or rule.urgent is None:
        return spec.operating_points
    return {**spec.operating_points, rule.label: rule.urgent if name == "urgent" else rule.flagged}


def _about(finding: PredictedFinding, points: dict[str, OperatingPoint]) -> str:
    return f"{words(finding.label)} {compared(finding.probability, points[finding.label])}"


def _apart(value: float, threshold: float) -> tuple[str, str]:
    """Both with two digits, or as many as tell them apart."""
    digits = next((n for n in range(2, 7) if f"{value:.{n}f}" != f"{threshold:.{n}f}"), 2)
    return _decimal(value, digits), _decimal(threshold, digits)


def _two(value: float) -> str:
    return _decimal(value, 2)


def _decimal(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".removeprefix("0")
