"""A version for the machine that it was trained on: registered as a candidate, measured on the set's own hold-out."""

from pathlib import Path

from feedback.evaluation.run import EvaluationRequest, FinishedEvaluation, evaluation_run
from feedback.evaluation.versions import rival_of
from feedback.learning.outcome import TrainingOutcome
from registry.services.versions import version_register

HOLD_OUT = "val"


def register_and_measure(
    outcome: TrainingOutcome, *, dataset: Path, out: Path, resamples: int = 1000
) -> FinishedEvaluation:
    """Register the artefact, read the hold-out once, record and save the report. Nothing is routed: that is a choice.

    A detector is compared with the one that reads its case type already, if there is any.

    Args:
        dataset: the labelled folder that the recipe trained on; its split "val" is the hold-out.
        out: folder for report and documents.
    Raises:
        VersionConflict: another artefact has that name and version.
        DatasetError: the folder cannot be evaluated on, or has no hold-out.
    """
    version = version_register(path=outcome.artefact, sha256=outcome.sha256)
    case_type = outcome.spec.case_types[0]
    return evaluation_run(
        EvaluationRequest(
            case_type=case_type,
            dataset=dataset,
            split=HOLD_OUT,
            version=f"{version.name}-{version.version}",
            starters=False,
            out=out,
            card=False,
            resamples=resamples,
            against=rival_of(version, case_type),
            manifests=outcome.manifest.parent,
        )
    )
