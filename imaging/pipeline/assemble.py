"""What the networks said of one frame -> findings, scores and triage."""

from imaging.pipeline import calibrate
from imaging.pipeline.frame_read import ClassifierRead, DetectorRead, FrameRead
from imaging.pipeline.join import join
from imaging.pipeline.triage import raised_by_boxes, silent_labels, triage_of
from imaging.pipeline.values import PredictedFinding


def assemble(read: FrameRead) -> None:
    """Fill in predictions (every classifier label, then every box), findings (joined), scores (one a label), triage."""
    by_classifier = [classifier_findings(entry) for entry in read.classified]
    by_detector = [detector_findings(entry) for entry in read.detected]
    read.predictions = tuple(finding for group in (*by_classifier, *by_detector) for finding in group)
    boxed = {label for entry in read.detected for label in entry.model.spec.labels}
    read.findings = tuple(entry.finding for entry in join(read.predictions, boxed=boxed))
    for group in by_classifier:
        for finding in group:
            read.scores.setdefault(finding.label, finding.probability)
    for entry, group in zip(read.detected, by_detector, strict=True):
        for label in entry.model.spec.labels:
            boxes = [finding.probability for finding in group if finding.label == label]
            read.scores.setdefault(label, max(boxes, default=0.0))
    _triage(read, by_classifier)


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


def _triage(read: FrameRead, by_classifier: list[list[PredictedFinding]]) -> None:
    """The first classifier with a triage rule decides; a positive box raises normal to flagged."""
    for entry, group in zip(read.classified, by_classifier, strict=True):
        spec, rule = entry.model.spec, entry.model.spec.triage
        if rule is None:
            continue
        triage = triage_of(spec, triage_logits=entry.output.triage_logits, findings=group)
        silent = silent_labels(spec.labels, kind=rule.kind, judged=rule.labels)
        for detected in read.detected:
            triage = raised_by_boxes(triage, _boxes_of(read, detected), detected.model.spec, silent=silent)
        read.triage = triage
        return


def _boxes_of(read: FrameRead, detected: DetectorRead) -> list[PredictedFinding]:
    """A detector's boxes, with what the classifiers say of them."""
    made_by = (detected.model.spec.name, detected.model.spec.version)
    return [
        finding
        for finding in read.findings
        if finding.box is not None and (finding.model_name, finding.model_version) == made_by
    ]
