"""A version for the machine that it was trained on: registered as a candidate, measured on the set's own hold-out."""

from pathlib import Path

from feedback.evaluation.run import EvaluationRequest, FinishedEvaluation, evaluation_run
from feedback.learning.outcome import TrainingOutcome
from registry.services.versions import version_register

HOLD_OUT = "val"


def register_and_measure(outcome: TrainingOutcome, *, dataset: Path, out: Path) -> FinishedEvaluation:
    """Register the artefact, read the hold-out once, record and save the report. Nothing is routed: that is a choice.

    Args:
        dataset: the labelled folder that the recipe trained on; its split "val" is the hold-out.
        out: folder for report and documents.
    Raises:
        VersionConflict: another artefact has that name and version.
        DatasetError: the folder cannot be evaluated on, or has no hold-out.
    """
    version_register(path=outcome.artefact, sha256=outcome.sha256)
    return evaluation_run(
        EvaluationRequest(
            case_type=outcome.spec.case_types[0],
            dataset=dataset,
            split=HOLD_OUT,
            version=outcome.spec.name,
            starters=False,
            out=out,
            card=False,
        )
    )
