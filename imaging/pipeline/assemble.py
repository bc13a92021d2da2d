"""What the networks said of one frame -> findings, scores and triage."""

from imaging.pipeline import calibrate
from imaging.pipeline.frame_read import ClassifierRead, DetectorRead, FrameRead
from imaging.pipeline.triage import raised_by_boxes, triage_of
from imaging.pipeline.values import PredictedFinding


def assemble(read: FrameRead) -> None:
    """Fill in predictions (every classifier label, then every box), findings, scores (one a label) and triage."""
    by_classifier = [classifier_findings(entry) for entry in read.classified]
    by_detector = [detector_findings(entry) for entry in read.detected]
    read.predictions = tuple(finding for group in (*by_classifier, *by_detector) for finding in group)
    read.findings = read.predictions
    for group in by_classifier:
        for finding in group:
            read.scores.setdefault(finding.label, finding.probability)
    for entry, group in zip(read.detected, by_detector, strict=True):
        for label in entry.model.spec.labels:
            boxes = [finding.probability for finding in group if finding.label == label]
            read.scores.setdefault(label, max(boxes, default=0.0))
    _triage(read, by_classifier, by_detector)


def classifier_findings(entry: ClassifierRead) -> list[PredictedFinding]:
    """One finding a label, positive or not, with its heatmap and where it peaks."""
    spec, findings = entry.model.spec, []
    for index, label in enumerate(spec.labels):
        logit = float(entry.output.logits[index])
        probability = calibrate.probability_of_logit(logit, spec.calibration[label])
        point = spec.operating_points.get(label)
        findings.append(
            PredictedFinding(
                label=label,
                source="classifier",
                score=logit,
                probability=probability,
                operating_point=None if point is None else point.threshold,
                positive=calibrate.is_positive(probability, point),
                model_name=spec.name,
                model_version=spec.version,
                peak=entry.explanations[index].peak,
                heatmap=entry.explanations[index].heatmap,
                border_energy=entry.explanations[index].border_energy,
                marker_energy=entry.explanations[index].marker_energy,
            )
        )
    return findings


def detector_findings(entry: DetectorRead) -> list[PredictedFinding]:
    """One finding a box."""
    spec, findings = entry.model.spec, []
    for located in entry.boxes:
        point = spec.operating_points.get(located.label)
        findings.append(
            PredictedFinding(
                label=located.label,
                source="detector",
                score=located.score,
                probability=located.probability,
                operating_point=None if point is None else point.threshold,
                positive=calibrate.is_positive(located.probability, point),
                model_name=spec.name,
                model_version=spec.version,
                box=located.box,
            )
        )
    return findings


def _triage(
    read: FrameRead, by_classifier: list[list[PredictedFinding]], by_detector: list[list[PredictedFinding]]
) -> None:
    """The first classifier with a triage rule decides; a positive box raises normal to flagged."""
    for entry, group in zip(read.classified, by_classifier, strict=True):
        if entry.model.spec.triage is not None and read.triage is None:
            read.triage = triage_of(entry.model.spec, triage_logits=entry.output.triage_logits, findings=group)
    for detected, group in zip(read.detected, by_detector, strict=True):
        if read.triage is not None:
            read.triage = raised_by_boxes(read.triage, group, detected.model.spec)
